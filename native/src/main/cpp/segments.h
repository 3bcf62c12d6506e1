// The sequences of a batch, read off the mask of its attention.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace embark {

// mask[n][n] in f16: 0 where a row attends, or minus the distance where attention fades with it; -infinity
// where it does not attend. If each row attends to one run of rows that holds it, and all rows of a run to the same
// one, then the first row of each run and n at the end; else empty.
std::vector<int> segments_of(const uint16_t * mask, int n, bool fades);

// How far away rows are that a row attends to, if each attends to those of its segment up to there
// and to no other; starts are those of the segments.
std::optional<int> window_of(const uint16_t * mask, int n, bool fades, const std::vector<int> & starts);

} // namespace embark
