// Memory for packed weights: private to this process, or a file that all processes of a node map.
#pragma once

#include <cstddef>
#include <memory>

namespace embark {

class WeightsMemory {
public:
    // Returns zeroed memory, or the contents of the thread's file if its size matches; null when out of
    // memory.
    static std::unique_ptr<WeightsMemory> of(size_t bytes);
    // Sets the file for later requests of this thread; empty for none.
    static void use_file(const char * file);
    // Writes the memory that this thread obtained since use_file(), unless it came from the file. Leaves
    // either a complete file or none.
    static void write_file(const char * file);

    ~WeightsMemory();
    WeightsMemory(const WeightsMemory &) = delete;
    WeightsMemory & operator=(const WeightsMemory &) = delete;

    void * data() const { return start; }
    // True if the contents are already packed; they are then read-only.
    bool is_filled() const { return filled; }

private:
    WeightsMemory(void * start, size_t bytes, bool filled) : start(start), bytes(bytes), filled(filled) {}

    void * const start;
    const size_t bytes;
    const bool filled;
};

// Releases the resident pages of a mapped file; pages that are used again are reloaded.
void forget_pages(const char * file);

} // namespace embark
