# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs inside the Blender that is tried; copied into the run's folder, knows no Twostep."""
