package dev.embark.bench;

/**
 * What one round of a side took.
 *
 * @param seconds of wall time
 * @param cpuSeconds of all threads of its process
 */
record Round(double seconds, double cpuSeconds) {}
