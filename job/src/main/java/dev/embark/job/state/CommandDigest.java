package dev.embark.job.state;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Arguments of a command in a form that is compared and cannot be read: a keyed hash of each. The
 * key is random, so that equal arguments of two runs have different hashes.
 *
 * @param key of the hashes, in hex
 * @param hashes HMAC-SHA-256 of each argument's value, in hex, by the name of the argument
 */
record CommandDigest(String key, SortedMap<String, String> hashes) {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int KEY_BYTES = 32;

  /** Hashes arguments, given by name, with a key of their own. */
  static CommandDigest of(Map<String, String> arguments) {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    return of(HexFormat.of().formatHex(key), arguments);
  }

  private static CommandDigest of(String key, Map<String, String> arguments) {
    SortedMap<String, String> hashes = new TreeMap<>();
    arguments.forEach((name, value) -> hashes.put(name, hash(key, name + "\n" + value)));
    return new CommandDigest(key, hashes);
  }

  private static String hash(String key, String value) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(HexFormat.of().parseHex(key), ALGORITHM));
      return HexFormat.of().formatHex(mac.doFinal(value.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java has " + ALGORITHM, e);
    }
  }

  /** Returns the names of arguments that only one of the two has, or that have other values. */
  List<String> differences(Map<String, String> arguments) {
    SortedMap<String, String> others = of(key, arguments).hashes();
    TreeSet<String> names = new TreeSet<>(hashes.keySet());
    names.addAll(others.keySet());
    return names.stream()
        .filter(name -> !Objects.equals(hashes.get(name), others.get(name)))
        .toList();
  }
}
