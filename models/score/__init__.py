# SPDX-License-Identifier: GPL-3.0-or-later
"""How the music networks come to be: autoencoder, flow, vocoder, and the baseline."""
