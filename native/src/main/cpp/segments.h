// Derives the sequences of a batch from its attention mask.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace embark {

// mask[n][n] in f16: where a row attends, 0 or, if attention fades with distance, minus the distance;
// -infinity elsewhere. Returns the first row of each segment followed by n if every row attends exactly to
// a segment of consecutive rows that contains it; otherwise returns an empty vector.
std::vector<int> segments_of(const uint16_t * mask, int n, bool fades);

// Returns the window if every row attends exactly to the rows of its segment within that distance. starts
// are the first rows of the segments.
std::optional<int> window_of(const uint16_t * mask, int n, bool fades, const std::vector<int> & starts);

} // namespace embark
