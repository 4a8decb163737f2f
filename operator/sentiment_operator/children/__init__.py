"""Pure builders of the children: one module per child, from the resource to its manifest."""
