#include "segments.h"

#include <algorithm>
#include <cstring>

namespace embark {

namespace {

const uint16_t HIDDEN = 0xFC00;

} // namespace

std::vector<int> segments_of(const uint16_t * mask, int n) {
    std::vector<int> starts;
    std::vector<uint16_t> expected(n, HIDDEN);
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
            expected[i] = HIDDEN;
        }
        starts.push_back(start);
        start = end;
    }
    starts.push_back(n);
    return starts;
}

std::optional<int> window_of(const uint16_t * mask, int n, const std::vector<int> & starts) {
    int window = 0;
    for (size_t i = 0; i + 1 < starts.size(); i++) {
        const uint16_t * first = mask + static_cast<size_t>(starts[i]) * n;
        int seen = 0;
        while (starts[i] + seen + 1 < starts[i + 1] && first[starts[i] + seen + 1] == 0) {
            seen++;
        }
        window = std::max(window, seen);
    }
    std::vector<uint16_t> expected(n);
    for (size_t i = 0; i + 1 < starts.size(); i++) {
        for (int row = starts[i]; row < starts[i + 1]; row++) {
            std::fill(expected.begin(), expected.end(), HIDDEN);
            std::fill(
                expected.begin() + std::max(starts[i], row - window),
                expected.begin() + std::min(starts[i + 1], row + window + 1), 0);
            if (std::memcmp(mask + static_cast<size_t>(row) * n, expected.data(), n * sizeof(uint16_t)) != 0) {
                return std::nullopt;
            }
        }
    }
    return window;
}

} // namespace embark
