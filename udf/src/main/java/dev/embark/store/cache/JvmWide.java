package dev.embark.store.cache;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;

/**
 * Objects that all class loaders of this JVM share. A platform may load Embark's classes once for
 * each session or added jar, and each time they have other statics, whereas what the system counts
 * by process, such as file locks, exists once.
 *
 * <p>The JVM's registry of MBeans holds them, since every class loader reaches the same one. Keys
 * and values have to be of the JDK's classes: those of Embark are other classes in another loader,
 * and would keep theirs from being unloaded. System properties would serve as well but for
 * libraries that copy all of them as strings.
 */
final class JvmWide {
  private static final String KEY = "map";

  private JvmWide() {}

  /**
   * The map of a name, the same one for every class loader.
   *
   * @param <K> of the JDK's classes
   * @param <V> of the JDK's classes
   */
  @SuppressWarnings("unchecked")
  static <K, V> ConcurrentMap<K, V> map(String name) {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    try {
      ObjectName bean = new ObjectName("dev.embark:type=" + name);
      try {
        Map<String, ?> holder = Map.of(KEY, new ConcurrentHashMap<K, V>());
        beans.registerMBean(new StandardMBean(holder, Map.class), bean);
      } catch (InstanceAlreadyExistsException e) {
        // Made by an earlier caller, perhaps of another class loader.
      }
      return (ConcurrentMap<K, V>)
          beans.invoke(bean, "get", new Object[] {KEY}, new String[] {Object.class.getName()});
    } catch (JMException e) {
      throw new IllegalStateException("This JVM keeps no MBean for Embark: " + e, e);
    }
  }
}
