"""Update rules on surfaces of two weights, and over a thousand gradients of one."""
