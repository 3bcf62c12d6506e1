package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Identity of a process that holds the lease of an output.
 *
 * @param id unique id of the lease
 * @param user name of the user who started the process
 * @param host name of its machine
 * @param process number of the process on that machine
 * @param since start of the lease, in ISO-8601
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record LeaseHolder(String id, String user, String host, long process, String since) {
  static LeaseHolder self() {
    return new LeaseHolder(
        UUID.randomUUID().toString(),
        System.getProperty("user.name"),
        hostName(),
        ProcessHandle.current().pid(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "an unknown host";
    }
  }

  @Override
  public String toString() {
    return "by %s on %s, process %d, since %s".formatted(user, host, process, since);
  }
}
