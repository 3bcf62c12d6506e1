#include "segments.h"

#include <cstring>

namespace embark {

std::vector<int> segments_of(const uint16_t * mask, int n) {
    const uint16_t hidden = 0xFC00;
    std::vector<int> starts;
    std::vector<uint16_t> expected(n, hidden);
    int start = 0;
    while (start < n) {
        const uint16_t * first = mask + static_cast<size_t>(start) * n;
        int end = start;
        while (end < n && first[end] == 0) {
            expected[end++] = 0;
        }
        if (end == start) {
            return {};
        }
        for (int row = start; row < end; row++) {
            if (std::memcmp(mask + static_cast<size_t>(row) * n, expected.data(), n * sizeof(uint16_t)) != 0) {
                return {};
            }
        }
        for (int i = start; i < end; i++) {
            expected[i] = hidden;
        }
        starts.push_back(start);
        start = end;
    }
    starts.push_back(n);
    return starts;
}

} // namespace embark
