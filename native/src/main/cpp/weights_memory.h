// Memory for packed weights: of this process alone, or a file's that all processes of a node map.
#pragma once

#include <cstddef>
#include <memory>

namespace embark {

class WeightsMemory {
public:
    // Zeroed, or what the thread's file holds if that has as many bytes; null when out of memory.
    static std::unique_ptr<WeightsMemory> of(size_t bytes);
    // The file of what this thread asks for next; empty for none.
    static void use_file(const char * file);
    // Writes what this thread got since use_file(), unless it came from there. The file is whole or not
    // there.
    static void write_file(const char * file);

    ~WeightsMemory();
    WeightsMemory(const WeightsMemory &) = delete;
    WeightsMemory & operator=(const WeightsMemory &) = delete;

    void * data() const { return start; }
    // What it holds is packed already, and is only read.
    bool is_filled() const { return filled; }

private:
    WeightsMemory(void * start, size_t bytes, bool filled) : start(start), bytes(bytes), filled(filled) {}

    void * const start;
    const size_t bytes;
    const bool filled;
};

// Takes what is mapped of a file out of the pages that count as this process's; those that are used come
// back.
void forget_pages(const char * file);

} // namespace embark
