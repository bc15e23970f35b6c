"""What the simulated clouds share: state, operations, events and servers behind instances."""
