package dev.embark.store.web;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * Thrown if no connection to a server could be made; the message names the server or the proxy, and
 * what to do.
 */
public final class Unreachable extends IOException {
  private static final long serialVersionUID = 1L;

  private Unreachable(String message, IOException cause) {
    super(message, cause);
  }

  /**
   * The failure of a request as the user should read it: the same exception if a connection was
   * made, else an {@link Unreachable}, or a {@link HubClient.Refused} if another attempt fails,
   * too.
   *
   * @param proxy the proxy of the request
   * @param limit time after which an attempt to connect ends
   * @param advice what to do if there is no proxy
   */
  static IOException of(
      IOException failure,
      URI uri,
      Optional<InetSocketAddress> proxy,
      Duration limit,
      String advice) {
    String message = String.valueOf(failure.getMessage());
    if (proxy.isPresent() && message.startsWith("Tunnel failed")) {
      return new HubClient.Refused(
          "the proxy "
              + written(proxy.get())
              + " makes no connection to "
              + uri.getHost()
              + " ("
              + message
              + "); have the host allowed there, or name it in NO_PROXY if it needs no proxy");
    }
    String server = proxy.map(Unreachable::written).orElse(uri.getHost());
    if (failure instanceof SSLException) {
      return new HubClient.Refused(
          "the TLS connection to "
              + uri.getHost()
              + " fails ("
              + message
              + "); if a proxy of your network inspects it, add its certificate to the trust store"
              + " of this JVM, -Djavax.net.ssl.trustStore");
    }
    boolean timedOut = failure instanceof HttpConnectTimeoutException;
    if (!timedOut && !(failure instanceof ConnectException)) {
      return failure;
    }
    String what =
        timedOut
            ? server + " does not answer within " + limit.toSeconds() + " s"
            : isUnresolved(failure)
                ? "the name of " + server + " is not known here"
                : server + " cannot be reached";
    return new Unreachable(
        (proxy.isPresent() ? "the proxy " : "")
            + what
            + "; "
            + (proxy.isPresent() ? "check HTTPS_PROXY, or https.proxyHost of this JVM" : advice),
        failure);
  }

  private static boolean isUnresolved(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException) {
        return true;
      }
    }
    return false;
  }

  private static String written(InetSocketAddress proxy) {
    return proxy.getHostString() + ":" + proxy.getPort();
  }
}
