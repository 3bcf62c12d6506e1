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
 * Holds maps that all class loaders of this JVM share. A platform may load Embark's classes once
 * per session or added jar, each time with separate static state, whereas process-wide resources
 * such as file locks exist only once.
 *
 * <p>The platform MBean server holds the maps, since every class loader reaches the same one. Keys
 * and values must be JDK classes: Embark's classes differ between class loaders and would prevent
 * theirs from being unloaded. System properties are unsuitable, because some libraries copy all of
 * them as strings.
 */
final class JvmWide {
  private static final String KEY = "map";

  private JvmWide() {}

  /**
   * The map of a name, identical for every class loader.
   *
   * @param <K> a JDK class
   * @param <V> a JDK class
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
        // registered by an earlier caller, possibly of another class loader
      }
      return (ConcurrentMap<K, V>)
          beans.invoke(bean, "get", new Object[] {KEY}, new String[] {Object.class.getName()});
    } catch (JMException e) {
      throw new IllegalStateException("Embark cannot register an MBean in this JVM: " + e, e);
    }
  }
}
