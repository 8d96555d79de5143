module;

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

module nn.activation;

namespace nn {

template class Elementwise<Rectifier>;
template class Elementwise<LeakyRectifier>;
template class Elementwise<Logistic>;
template class Elementwise<HyperbolicTangent>;

}  // namespace nn
