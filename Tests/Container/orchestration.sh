# A stage of container.sh: the commands and files of docs/containers.md, as they stand there but for the places of files.

# The one block of the document that holds the words.
block() {
  awk -v words="$1" '
    /^```/ { if (inside && index(text, words)) { printf "%s", text; exit } inside = !inside; text = ""; next }
    inside { text = text $0 "\n" }' "$here/docs/containers.md"
}
# The address the document gives, and engines that make networks: in the network of the test.
ip -n "$netns" address add 192.0.2.10/32 dev lo
publishes=1
outside iptables -t nat -S >/dev/null 2>&1 || publishes=

# --- docker compose
if ! command -v podman-compose >/dev/null; then
  say "SKIPPED: podman-compose is not installed"
elif [ -z "$publishes" ]; then
  say "SKIPPED: no iptables, without which podman publishes no ports"
else
  mkdir -p "$work/compose/files"
  block 'stop_grace_period' > "$work/compose/compose.yaml"
  cp "$work/secret/password" "$work/compose/password.txt"
  chown 10021 "$work/compose/files" "$work/compose/password.txt"
  printf '#!/bin/sh\nexec podman %s --runtime runc "$@"\n' "$store" > "$work/podman"
  chmod 755 "$work/podman"
  compose() { (cd "$work/compose" && outside podman-compose --podman-path "$work/podman" "$@"); }
  compose up -d >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "podman-compose up failed"; }
  exchange "$work/compose/files" ftp://192.0.2.10
  # Not by EPSV: the address of the 227 has to be the one the settings name.
  fetch --disable-epsv ftp://192.0.2.10/up | cmp -s - "$work/up" || fail "the download by PASV differs"
  compose down >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "podman-compose down failed"; }
  say "podman-compose: up, a login, a file each way by EPSV and PASV through published ports, down"
fi

# --- Kubernetes' manifest, by podman
block 'kind: Pod' > "$work/pod.yaml"
cat > "$work/secret.yaml" <<S
apiVersion: v1
kind: Secret
metadata: {name: weftpd}
data: {password: $(base64 -w0 "$work/secret/password")}
S
$podman secret create weftpd "$work/secret.yaml" >/dev/null
outside $podman play kube "$work/pod.yaml" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "the pod does not start"; }
name=weftpd-weftpd
# What fsGroup does to a volume; podman knows no such thing, and makes it root's.
chown 10021:10021 "$($podman volume inspect -f '{{.Mountpoint}}' ftp)"
# (podman 4.3 leaves the secret in base64.)
secret=$(cat "$($podman volume inspect -f '{{.Mountpoint}}' weftpd)/password")
exchange "$($podman volume inspect -f '{{.Mountpoint}}' ftp)" ftp://127.0.0.1:2121
pid=$($podman inspect -f '{{.State.Pid}}' "$name")
[ "$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$pid/status")" = 0000000000000000 ] || fail "the pod has capabilities"
[ "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")" = 10021 ] || fail "the pod runs as somebody else"
outside $podman exec "$name" /usr/sbin/weftpd health || fail "the probe fails"
outside $podman play kube --down "$work/pod.yaml" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "the pod does not end"; }
say "podman play kube: up without any capability, the probe, a login, a file each way, down"
