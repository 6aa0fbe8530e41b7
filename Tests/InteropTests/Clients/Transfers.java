// Ten transfers in a row with javax.net.ssl, whose clients use each TLS 1.3 ticket once. Arguments: port, password, protocol, files.

import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.*;

public class Transfers {
  /** A connected socket that claims another port: JSSE looks sessions up by the address and port of the socket beneath. */
  static class Disguised extends Socket {
    private final Socket inner;
    private final int claimed;

    Disguised(Socket inner, int claimed) { this.inner = inner; this.claimed = claimed; }

    @Override public int getPort() { return claimed; }
    @Override public InetAddress getInetAddress() { return inner.getInetAddress(); }
    @Override public InetAddress getLocalAddress() { return inner.getLocalAddress(); }
    @Override public int getLocalPort() { return inner.getLocalPort(); }
    @Override public boolean isConnected() { return inner.isConnected(); }
    @Override public boolean isBound() { return inner.isBound(); }
    @Override public boolean isClosed() { return inner.isClosed(); }
    @Override public boolean isInputShutdown() { return inner.isInputShutdown(); }
    @Override public boolean isOutputShutdown() { return inner.isOutputShutdown(); }
    @Override public InputStream getInputStream() throws IOException { return inner.getInputStream(); }
    @Override public OutputStream getOutputStream() throws IOException { return inner.getOutputStream(); }
    @Override public void shutdownInput() throws IOException { inner.shutdownInput(); }
    @Override public void shutdownOutput() throws IOException { inner.shutdownOutput(); }
    @Override public int getSoTimeout() throws SocketException { return inner.getSoTimeout(); }
    @Override public void setSoTimeout(int time) throws SocketException { inner.setSoTimeout(time); }
    @Override public int getSoLinger() throws SocketException { return inner.getSoLinger(); }
    @Override public void setSoLinger(boolean on, int time) throws SocketException { inner.setSoLinger(on, time); }
    @Override public synchronized void close() throws IOException { inner.close(); }
  }

  static final String HOST = "127.0.0.1";
  static BufferedReader in;
  static OutputStream out;

  static String reply(String wanted) throws IOException {
    String line = in.readLine();
    if (line == null) throw new EOFException("the control connection ended");
    String code = line.substring(0, 3);
    for (String next = line; next.charAt(3) == '-'; ) {
      do next = in.readLine(); while (!next.startsWith(code));
    }
    if (!wanted.contains(code)) throw new IOException(line + ", wanted " + wanted);
    return line;
  }

  static String command(String line, String wanted) throws IOException {
    out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    out.flush();
    return wanted == null ? null : reply(wanted);
  }

  static void use(Socket socket) throws IOException {
    in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    out = socket.getOutputStream();
  }

  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    TrustManager trusting = new X509TrustManager() {
      public void checkClientTrusted(X509Certificate[] chain, String kind) {}
      public void checkServerTrusted(X509Certificate[] chain, String kind) {}
      public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    };
    SSLContext context = SSLContext.getInstance(arguments[2]);
    context.init(null, new TrustManager[] { trusting }, new SecureRandom());
    SSLSocketFactory factory = context.getSocketFactory();
    Socket plain = new Socket(HOST, port);
    use(plain);
    reply("220");
    command("AUTH TLS", "234");
    SSLSocket control = (SSLSocket) factory.createSocket(plain, HOST, port, true);
    control.setEnabledProtocols(new String[] { arguments[2] });
    control.startHandshake();
    use(control);
    command("USER alice", "331");
    command("PASS " + arguments[1], "230");
    command("PBSZ 0", "200");
    command("PROT P", "200");
    command("TYPE I", "200");
    byte[] wanted = Files.readAllBytes(Path.of(arguments[3]));
    for (int round = 0; round < 10; round++) {
      boolean isUpload = round % 2 == 1;
      String answer = command("EPSV", "229");
      int data = Integer.parseInt(answer.replaceAll(".*\\|\\|\\|(\\d+)\\|.*", "$1"));
      Socket socket = new Socket(HOST, data);
      command(isUpload ? "STOR java" + round : "RETR data.bin", null);
      reply("150");
      SSLSocket secured = (SSLSocket) factory.createSocket(new Disguised(socket, port), HOST, port, true);
      secured.setEnabledProtocols(new String[] { arguments[2] });
      secured.startHandshake();
      if (isUpload) {
        secured.getOutputStream().write(wanted);
        secured.close();
      } else {
        byte[] got = secured.getInputStream().readAllBytes();
        secured.close();
        if (!Arrays.equals(got, wanted)) throw new IOException("round " + round + " brought other bytes");
      }
      reply("226");
    }
    command("QUIT", "221");
    System.out.println("ten transfers over " + control.getSession().getProtocol());
  }
}
