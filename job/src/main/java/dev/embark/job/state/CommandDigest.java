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
 * Keyed hashes of a command's arguments, which can be compared but not read. The key is random, so
 * equal arguments have different hashes in different runs.
 *
 * @param key HMAC key, in hex
 * @param hashes HMAC-SHA-256 of each argument's value, in hex, by argument name
 */
record CommandDigest(String key, SortedMap<String, String> hashes) {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int KEY_BYTES = 32;

  /** Hashes arguments, given by name, under a new random key. */
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

  /** Returns the names of arguments that are missing on one side or differ in value. */
  List<String> differences(Map<String, String> arguments) {
    SortedMap<String, String> others = of(key, arguments).hashes();
    TreeSet<String> names = new TreeSet<>(hashes.keySet());
    names.addAll(others.keySet());
    return names.stream()
        .filter(name -> !Objects.equals(hashes.get(name), others.get(name)))
        .toList();
  }
}
