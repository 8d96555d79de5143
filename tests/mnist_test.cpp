// nn.mnist
