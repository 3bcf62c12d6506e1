package dev.embark.store.web;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The proxies that the environment names, in {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code
 * ALL_PROXY} and {@code NO_PROXY} or their lower-case forms, which win. The JVM's own properties,
 * such as {@code https.proxyHost}, win over the environment. Local addresses need no proxy.
 * Immutable and thread-safe.
 *
 * @param https proxy of https: URLs, as it is written; it may hold a password; empty for none
 * @param http proxy of http: URLs
 * @param none hosts without a proxy
 */
public record Proxies(String https, String http, List<String> none) {
  /** No proxy but those of the JVM's properties. */
  public static final Proxies NONE = new Proxies("", "", List.of());

  private static final int DEFAULT_PORT = 80;

  /** Reads the environment. */
  static Proxies of(Map<String, String> environment) {
    String all = value(environment, "ALL_PROXY", "");
    return new Proxies(
        value(environment, "HTTPS_PROXY", all),
        value(environment, "HTTP_PROXY", all),
        Stream.of(value(environment, "NO_PROXY", "").split("[,\\s]+"))
            .filter(host -> !host.isEmpty())
            .map(host -> host.toLowerCase(Locale.ROOT))
            .toList());
  }

  private static String value(Map<String, String> environment, String name, String otherwise) {
    return Stream.of(name.toLowerCase(Locale.ROOT), name)
        .map(variable -> environment.getOrDefault(variable, "").strip())
        .filter(value -> !value.isEmpty())
        .findFirst()
        .orElse(otherwise);
  }

  /**
   * The proxy for a URL.
   *
   * @throws HubClient.Refused if the environment names none that can be used
   */
  Optional<InetSocketAddress> of(URI uri) throws HubClient.Refused {
    Optional<InetSocketAddress> ofJvm = ofJvm(uri);
    return ofJvm.isPresent()
        ? ofJvm
        : ofEnvironment(uri)
            .map(
                proxy ->
                    InetSocketAddress.createUnresolved(
                        proxy.getHost(), proxy.getPort() < 0 ? DEFAULT_PORT : proxy.getPort()));
  }

  /**
   * The user and password of the proxy for a URL, as a header has them; empty if the environment
   * names none.
   */
  Optional<String> credentials(URI uri) throws HubClient.Refused {
    return ofEnvironment(uri)
        .map(URI::getUserInfo)
        .map(
            user ->
                "Basic "
                    + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
  }

  private static Optional<InetSocketAddress> ofJvm(URI uri) {
    ProxySelector selector = ProxySelector.getDefault();
    for (Proxy proxy : selector == null ? List.<Proxy>of() : selector.select(uri)) {
      if (proxy.address() instanceof InetSocketAddress address && proxy.type() == Proxy.Type.HTTP) {
        return Optional.of(address);
      }
    }
    return Optional.empty();
  }

  private Optional<URI> ofEnvironment(URI uri) throws HubClient.Refused {
    boolean jvmDecides = System.getProperty(uri.getScheme() + ".proxyHost") != null;
    return jvmDecides || ofJvm(uri).isPresent() || isDirect(uri) ? Optional.empty() : named(uri);
  }

  /** The proxy of the environment for the scheme of a URL. */
  private Optional<URI> named(URI uri) throws HubClient.Refused {
    boolean secure = uri.getScheme().equalsIgnoreCase("https");
    String written = secure ? https : http;
    if (written.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI proxy = URI.create(written.contains("://") ? written : "http://" + written);
      if (proxy.getHost() != null && proxy.getScheme().equalsIgnoreCase("http")) {
        return Optional.of(proxy);
      }
    } catch (IllegalArgumentException e) {
      // its message would show a password
    }
    throw new HubClient.Refused(
        (secure ? "HTTPS_PROXY" : "HTTP_PROXY")
            + " names no proxy of the form http://host:port, and Embark uses no others");
  }

  private boolean isDirect(URI uri) {
    String host = uri.getHost().toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]", "");
    if (host.equals("localhost") || isLoopback(host)) {
      return true;
    }
    return none.stream().anyMatch(entry -> matches(entry, host, port(uri)));
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0
        ? uri.getPort()
        : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
  }

  private static boolean matches(String entry, String host, int port) {
    if (entry.equals("*")) {
      return true;
    }
    if (entry.contains("/")) {
      return isInNetwork(entry, host);
    }
    String name = entry.replaceFirst("^\\*?\\.", "");
    int colon = name.indexOf(':') == name.lastIndexOf(':') ? name.indexOf(':') : -1;
    if (colon >= 0) {
      if (!name.substring(colon + 1).equals(Integer.toString(port))) {
        return false;
      }
      name = name.substring(0, colon);
    }
    return host.equals(name) || host.endsWith("." + name);
  }

  /** Whether a literal address is in a network such as 10.0.0.0/8. */
  private static boolean isInNetwork(String network, String host) {
    int slash = network.indexOf('/');
    Optional<byte[]> address = literal(host);
    Optional<byte[]> first = literal(network.substring(0, slash));
    if (address.isEmpty() || first.isEmpty() || address.get().length != first.get().length) {
      return false;
    }
    int bits;
    try {
      bits = Integer.parseInt(network.substring(slash + 1));
    } catch (NumberFormatException e) {
      return false;
    }
    for (int i = 0; i < bits && i < address.get().length * 8; i++) {
      int mask = 0x80 >> (i % 8);
      if ((address.get()[i / 8] & mask) != (first.get()[i / 8] & mask)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLoopback(String host) {
    return literal(host)
        .filter(bytes -> bytes.length == 4 ? bytes[0] == 127 : isOne(bytes))
        .isPresent();
  }

  private static boolean isOne(byte[] bytes) {
    for (int i = 0; i < bytes.length - 1; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return bytes[bytes.length - 1] == 1;
  }

  /** The bytes of a literal address; a name is not resolved, since a proxy does that. */
  private static Optional<byte[]> literal(String host) {
    if (!host.matches("[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*")) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByName(host).getAddress());
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  /** A selector that makes the same choice. */
  ProxySelector selector() {
    return new ProxySelector() {
      @Override
      public List<Proxy> select(URI uri) {
        try {
          return Proxies.this
              .of(uri)
              .map(address -> List.of(new Proxy(Proxy.Type.HTTP, address)))
              .orElse(List.of(Proxy.NO_PROXY));
        } catch (HubClient.Refused e) {
          return List.of(Proxy.NO_PROXY); // the client has reported it
        }
      }

      @Override
      public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // the request reports it
      }
    };
  }

  @Override
  public String toString() {
    return "Proxies[none=" + none + "]"; // the default of a record would expose passwords
  }
}
