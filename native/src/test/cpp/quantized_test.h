#pragma once

#include <functional>
#include <string>

using Check = std::function<void(bool holds, const std::string & what)>;

// Compares every kernel with each of ggml's CPU libraries that this machine can run.
void quantized_products_are_ggmls(const Check & check);
