module;

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

module nn.activation;

namespace nn {

template class Elementwise<ReLUFunction>;
template class Elementwise<LeakyReLUFunction>;
template class Elementwise<SigmoidFunction>;
template class Elementwise<TanhFunction>;
template class Elementwise<GELUFunction>;

}  // namespace nn
