package dev.embark.job.state;

import dev.embark.job.cli.RunTotals;
import java.time.Duration;
import java.time.Instant;

/**
 * A wave that is in the output.
 *
 * @param number from 0 to {@link RunPlan#waves} − 1
 * @param start when its first task started
 * @param took until it was in the output
 * @param totals what became of its rows
 */
public record WaveResult(int number, Instant start, Duration took, RunTotals totals) {}
