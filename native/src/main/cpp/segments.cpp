#include "segments.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "ggml.h"

namespace embark {

namespace {

class Mask {
public:
    Mask(const uint16_t * mask, int n, bool fades) : mask(mask), n(n), expected(n), open(2 * n - 1) {
        for (int i = 0; i < 2 * n - 1; i++) {
            open[i] = fades ? ggml_fp32_to_fp16(static_cast<float>(-std::abs(i - n + 1))) : 0;
        }
    }

    // Returns the end of the consecutive rows from `row` to which it attends, at most `end`.
    int seen_from(int row, int end) const {
        int i = row;
        while (i < end && row_of(row)[i] == open[n - 1 + i - row]) {
            i++;
        }
        return i;
    }

    // Returns whether a row attends exactly to [first, end), which contains it.
    bool sees(int row, int first, int end) {
        std::fill(expected.begin(), expected.end(), HIDDEN);
        std::copy_n(open.begin() + (n - 1 + first - row), end - first, expected.begin() + first);
        return std::memcmp(row_of(row), expected.data(), n * sizeof(uint16_t)) == 0;
    }

private:
    static constexpr uint16_t HIDDEN = 0xFC00;

    const uint16_t * row_of(int row) const {
        return mask + static_cast<size_t>(row) * n;
    }

    const uint16_t * mask;
    int n;
    std::vector<uint16_t> expected;
    std::vector<uint16_t> open; // mask values of attended rows by distance; the row itself is in the middle
};

} // namespace

std::vector<int> segments_of(const uint16_t * mask, int n, bool fades) {
    Mask all(mask, n, fades);
    std::vector<int> starts;
    for (int start = 0; start < n;) {
        const int end = all.seen_from(start, n);
        if (end == start) {
            return {};
        }
        for (int row = start; row < end; row++) {
            if (!all.sees(row, start, end)) {
                return {};
            }
        }
        starts.push_back(start);
        start = end;
    }
    starts.push_back(n);
    return starts;
}

std::optional<int> window_of(const uint16_t * mask, int n, bool fades, const std::vector<int> & starts) {
    Mask all(mask, n, fades);
    int window = 0;
    for (size_t i = 0; i + 1 < starts.size(); i++) {
        window = std::max(window, all.seen_from(starts[i], starts[i + 1]) - starts[i] - 1);
    }
    for (size_t i = 0; i + 1 < starts.size(); i++) {
        for (int row = starts[i]; row < starts[i + 1]; row++) {
            if (!all.sees(row, std::max(starts[i], row - window), std::min(starts[i + 1], row + window + 1))) {
                return std::nullopt;
            }
        }
    }
    return window;
}

} // namespace embark
