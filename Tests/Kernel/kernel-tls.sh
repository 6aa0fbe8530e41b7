#!/bin/bash
# kernel-tls.sh WEFTPD: has a kernel that can encrypt TLS (kTLS) serve downloads, in qemu without hardware help; prints "kernel-tls: ok".
#
# Most machines that tests run on lack the module. Debian's cloud kernel has it. Needs root's apt for its package (downloaded only),
# qemu-system-x86, busybox-static, cpio and curl.
set -euo pipefail
weftpd=$(realpath "${1:?usage: kernel-tls.sh WEFTPD}")
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
apt-get download -qq "$package"
dpkg -x ./*.deb kernel
version=$(ls kernel/lib/modules)
root=$work/root
mkdir -p "$root"/{bin,etc,proc,sys,dev,tmp,files,run}
cp /bin/busybox "$root/bin/"
# The module for TLS and those for the ciphers it asks for.
modules=lib/modules/$version
for part in net/tls crypto arch/x86/crypto lib/crypto; do
  if [ -d "kernel/$modules/kernel/$part" ]; then
    mkdir -p "$root/$modules/kernel/${part%/*}" && cp -r "kernel/$modules/kernel/$part" "$root/$modules/kernel/$part"
  fi
done
depmod -b "$root" "$version" 2> depmod.log
# A program with all that it loads, at the same places.
put() {
  install -D "$1" "$root/bin/$2"
  ldd "$1" | grep -o '/[^ ]*' | while read -r library; do install -D "$library" "$root$library"; done
}
put "$weftpd" weftpd
put "$(command -v curl)" curl
install -D /usr/lib/ssl/openssl.cnf "$root/usr/lib/ssl/openssl.cnf"
echo "root:x:0:0::/:/bin/sh" > "$root/etc/passwd"
head -c 5000000 /dev/urandom > "$root/files/down"
cat > "$root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ WEFTPD_SERVER_ALLOW_ROOT=true WEFTPD_PASSWORD=secret
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; ifconfig lo 127.0.0.1 up
for module in aesni_intel ghash_clmulni_intel gcm tls; do modprobe $module; done
weftpd serve /files --listen 127.0.0.1:2121 --user alice --set tls.mode=required-data < /dev/null > /tmp/out 2> /tmp/log &
for attempt in $(seq 300); do grep -q listening /tmp/out && break; sleep 0.1; done
grep TLS: /tmp/log
client() { curl -sS -k --ssl-reqd --max-time 90 -u "alice:$WEFTPD_PASSWORD" "$@"; }
for version in 1.2 1.3; do
  client --tls-max $version -o /tmp/got ftp://127.0.0.1:2121/down
  cmp /tmp/got /files/down && echo "TLS $version: the same bytes"
  # The rest of a file, from the middle of a page.
  head -c 4000001 /files/down > /tmp/rest
  client --tls-max $version -C - -o /tmp/rest ftp://127.0.0.1:2121/down
  cmp /tmp/rest /files/down && echo "TLS $version: the rest"
done
client -T /tmp/got ftp://127.0.0.1:2121/up
cmp /tmp/got /files/up && echo "upload: the same bytes"
client ftp://127.0.0.1:2121/
grep -E 'download|upload' /tmp/log
grep TlsTxSw /proc/net/tls_stat
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) > initrd.gz
timeout 600 qemu-system-x86_64 -accel tcg -cpu max -m 1024 -smp 1 -nographic -no-reboot -nic none \
  -kernel "kernel/boot/vmlinuz-$version" -initrd initrd.gz -append 'console=ttyS0 panic=-1 quiet' < /dev/null | tee output
for wanted in "kernel TLS for downloads" "TLS 1.2: the same bytes" "TLS 1.2: the rest" "TLS 1.3: the same bytes" "TLS 1.3: the rest" \
  "upload: the same bytes" "TLSv1.2 .* in the kernel" "TLSv1.3 .* in the kernel"; do
  grep -q "$wanted" output || { echo "kernel-tls: FAILED: no '$wanted'" >&2; exit 1; }
done
echo "kernel-tls: ok"
