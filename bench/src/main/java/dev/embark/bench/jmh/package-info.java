/** Benchmarks of single calls, with JMH. */
package dev.embark.bench.jmh;
