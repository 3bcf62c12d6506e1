#include "weights_memory.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace embark {

namespace {

thread_local std::string file;
thread_local const WeightsMemory * unwritten = nullptr;

// MAP_FAILED if the file does not exist or has another size.
void * map_file(size_t bytes) {
    const int opened = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0) {
        return MAP_FAILED;
    }
    struct stat status;
    const bool fits = fstat(opened, &status) == 0 && static_cast<size_t>(status.st_size) == bytes;
    void * mapped = fits ? mmap(nullptr, bytes, PROT_READ, MAP_SHARED, opened, 0) : MAP_FAILED;
    close(opened);
    return mapped;
}

bool write_all(int opened, const char * data, size_t bytes) {
    while (bytes > 0) {
        const ssize_t written = write(opened, data, bytes);
        if (written <= 0) {
            return false;
        }
        data += written;
        bytes -= written;
    }
    return true;
}

} // namespace

std::unique_ptr<WeightsMemory> WeightsMemory::of(size_t bytes) {
    void * mapped = file.empty() ? MAP_FAILED : map_file(bytes);
    if (mapped != MAP_FAILED) {
        return std::unique_ptr<WeightsMemory>(new WeightsMemory(mapped, bytes, true));
    }
    void * own = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (own == MAP_FAILED) {
        return nullptr;
    }
    unwritten = new WeightsMemory(own, bytes, false);
    return std::unique_ptr<WeightsMemory>(const_cast<WeightsMemory *>(unwritten));
}

void WeightsMemory::use_file(const char * name) {
    file = name;
    unwritten = nullptr;
}

// Not written through a mapping, because a full disk would then abort the process.
void WeightsMemory::write_file(const char * name) {
    if (unwritten == nullptr) {
        return;
    }
    const int opened = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (opened < 0) {
        return;
    }
    // Readers assume that an existing file is complete, even after a power failure.
    const bool written =
        write_all(opened, static_cast<const char *>(unwritten->data()), unwritten->bytes) && fsync(opened) == 0;
    if (close(opened) != 0 || !written) {
        unlink(name);
    }
}

WeightsMemory::~WeightsMemory() {
    munmap(start, bytes);
}

void forget_pages(const char * name) {
    const std::unique_ptr<char, void (*)(void *)> path(realpath(name, nullptr), std::free);
    if (path == nullptr) {
        return;
    }
    const std::string end = std::string(" ") + path.get();
    std::ifstream mappings("/proc/self/maps");
    for (std::string line; std::getline(mappings, line);) {
        uintptr_t from;
        uintptr_t to;
        char access[5];
        const bool is_shared = std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &to, access) == 3
            && std::strcmp(access, "r--s") == 0;
        if (is_shared && line.size() > end.size() && line.compare(line.size() - end.size(), end.size(), end) == 0) {
            madvise(reinterpret_cast<void *>(from), to - from, MADV_DONTNEED);
        }
    }
}

} // namespace embark
