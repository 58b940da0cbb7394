"""The feed on its way to those who want it sent: webhooks, signed, in order, tried again until they are taken."""
