// nn.training
