/// @file
/// @brief ONNX export: a network as a file that many other programs can run.
module;

#include <filesystem>

export module nn.onnx;

export import nn.backprop;

export namespace nn {

/// Writes a network for use outside this library, atomically: ONNX Runtime and other programs run
/// the file and compute what predict() computes, up to rounding. The file has the network for
/// inference: dropout is left out, and BatchNorm uses its running statistics. This library cannot
/// read the file back; use save_network() for that.
///
/// The only input is called `input`, the only output `output`, and both begin with an axis `batch`
/// of any length. Weights that ONNX stores in the same order keep their names, `0.weight`,
/// `0.bias`, …; those of recurrent layers become `0.W`, `0.R` and `0.B`. All numbers are floats,
/// even if the library is built in double, because ONNX Runtime has no convolution in double.
///
/// The file needs version 17 of ONNX's operator set (2022), the first with layer normalization.
///
/// @param file Its path; an existing file is replaced.
/// @param network Its layers are from the library, or registered with `onnx`. @see register_layer
/// @param sample The shape of one sample, without the batch. For sequences it includes the number
///   of steps, and the file runs only for sequences of that length.
/// @throws std::invalid_argument if the network cannot take such samples, a layer has no ONNX
///   export, or there are too many parameters: an ONNX file must be smaller than 2 GiB.
/// @throws std::runtime_error if the file cannot be written.
void export_onnx(const std::filesystem::path& file, const Sequential& network, const Shape& sample);

}  // namespace nn
