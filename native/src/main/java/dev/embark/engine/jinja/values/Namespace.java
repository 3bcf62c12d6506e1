package dev.embark.engine.jinja.values;

import java.util.HashMap;
import java.util.Map;

/** A value whose attributes a template can set from inner scopes. */
public final class Namespace {
  private final Map<String, Object> attributes;

  public Namespace(Map<String, Object> attributes) {
    this.attributes = new HashMap<>(attributes);
  }

  public Object get(String name) {
    return attributes.containsKey(name) ? attributes.get(name) : new Undefined(name);
  }

  public void set(String name, Object value) {
    attributes.put(name, value);
  }
}
