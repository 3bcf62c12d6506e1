/**
 * Measurements of the engine alone, without competitors. Each class is a program: {@code
 * bench/budgets.sh} starts {@link dev.embark.bench.engine.BatchBudgets}, and {@code
 * bench/sequences.sh} {@link dev.embark.bench.engine.SequencesRatio}.
 */
package dev.embark.bench.engine;
