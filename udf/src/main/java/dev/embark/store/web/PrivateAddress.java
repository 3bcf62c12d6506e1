package dev.embark.store.web;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Detects addresses that are reachable only within a private network, such as a cloud's metadata
 * service.
 */
final class PrivateAddress {
  private PrivateAddress() {}

  /**
   * Whether a host resolves to a private address. A host that does not resolve here counts as
   * public: a proxy that reaches it decides.
   */
  static boolean is(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (is(address)) {
          return true;
        }
      }
      return false;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static boolean is(InetAddress address) {
    byte[] bytes = address.getAddress();
    boolean v4 = bytes.length == 4;
    boolean thisNetwork = v4 && bytes[0] == 0; // RFC 1122
    boolean shared = v4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64; // RFC 6598
    boolean uniqueLocal = address instanceof Inet6Address && (bytes[0] & 0xfe) == 0xfc; // RFC 4193
    return address.isLoopbackAddress()
        || address.isAnyLocalAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()
        || thisNetwork
        || shared
        || uniqueLocal;
  }
}
