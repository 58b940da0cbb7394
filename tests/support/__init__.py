"""What tests share: real servers, fresh databases, fakes."""
