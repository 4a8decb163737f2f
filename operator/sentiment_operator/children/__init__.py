"""Pure builders of what the operator applies: one module a child, resource in, manifest out."""
