"""What people read: pure functions of a proposal and its context. FACE.md sets tone and order."""
