/**
 * Models that a measurement needs and nobody ships: GGUF files of a chosen size with random
 * weights, and the folder that sentence-transformers loads, written from a GGUF file.
 */
package dev.embark.bench.models;
