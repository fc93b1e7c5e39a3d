# SPDX-License-Identifier: GPL-3.0-or-later
"""The baseline: music from motion as Tan et al. (SIGGRAPH Asia Technical Communications 2023) do.

A frozen two-dimensional VAE of the log-mel; in its latents a U-Net of three down and three up
ResNet blocks that attends to the motion and the genre; 1000 diffusion steps in training, 50 at
inference; five seconds at a time, each on its own; Griffin-Lim. Built of diffusers' parts. It is
there to be measured against and does not ship.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import Tensor, nn
from torch.nn import functional

from ...inference.genres import NAMES
from ...inference.motion import FPS as MOTION_FPS
from ...inference.motion import Motion
from ...inference.score.mel import BINS, FPS, decibels
from ...inference.skeleton import JOINT_COUNT

#: Mel frames of a slice (5.2 s), and frames of motion that go with them.
SLICE = 224
MOTION_FRAMES = round(SLICE / FPS * MOTION_FPS)
#: How much smaller either side of the picture is in latents, and their channels.
SHRINK, PLANES = 8, 8
#: Numbers of a joint: position, velocity, orientation (6D), angular velocity.
MOTION = JOINT_COUNT * (3 + 3 + 6 + 3)
WIDTH = 256
TRAINING_STEPS, STEPS = 1000, 50
#: The trained weights, in the folder of the run.
WEIGHTS = "paper.pt"

_SQUARE = 4

Floats = NDArray[np.float32]


def motion_features(motion: Motion) -> Floats:
    """What the baseline is told of a motion, (T, 360) at 30 fps.

    For 24 joints: global position (m, from where the dancer starts), linear velocity (m/s), local
    orientation in 6D, angular velocity (rad/s).
    """
    motion = motion.resampled(MOTION_FPS)
    positions = motion.positions()
    positions[..., :2] -= positions[:1, :1, :2]
    linear = np.gradient(positions, axis=0) * MOTION_FPS
    local = motion.matrices()
    turns = np.einsum("tjik,tjil->tjkl", local[:-1], local[1:]).reshape(-1, 3, 3)
    angular = Rotation.from_matrix(turns).as_rotvec().reshape(-1, JOINT_COUNT, 3) * MOTION_FPS
    angular = np.concatenate([angular[:1], angular])
    sixd = local[..., :2].swapaxes(-1, -2).reshape(len(motion), JOINT_COUNT, 6)
    parts = [part.reshape(len(motion), -1) for part in (positions, linear, sixd, angular)]
    return np.concatenate(parts, axis=1).astype(np.float32)


class Vae(nn.Module):
    """The autoencoder of mel pictures: 8 channels at an eighth of either side.

    Squares of 4 x 4 are channels on the way in and out: convolutions of single mel bins would take
    most of the time on a processor.
    """

    def __init__(self) -> None:
        super().__init__()
        self.inner = AutoencoderKL(
            in_channels=_SQUARE**2, out_channels=_SQUARE**2, latent_channels=PLANES,
            layers_per_block=1, block_out_channels=(48, 96), norm_num_groups=8,
            mid_block_add_attention=False, down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
        )  # fmt: skip

    def encode(self, pictures: Tensor) -> DiagonalGaussianDistribution:
        """The distribution of latents (B, 8, T / 8, 32) of normalised mels (B, T, 256)."""
        squares = functional.pixel_unshuffle(pictures[:, None], _SQUARE)
        return self.inner.encode(squares).latent_dist

    def decode(self, latents: Tensor) -> Tensor:
        """Normalised mels (B, T, 256) of latents (B, 8, T / 8, 32)."""
        squares = self.inner.decode(latents, return_dict=False)[0]
        return functional.pixel_shuffle(squares, _SQUARE)[:, 0]


class Denoiser(nn.Module):
    """The U-Net with its reading of motion and genre."""

    place: Tensor
    mean: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.read = nn.Sequential(
            nn.Linear(MOTION + len(NAMES), WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH)
        )
        self.unet = UNet2DConditionModel(
            sample_size=(SLICE // SHRINK, BINS // SHRINK), in_channels=PLANES, out_channels=PLANES,
            down_block_types=("CrossAttnDownBlock2D",) * 3,
            up_block_types=("CrossAttnUpBlock2D",) * 3,
            block_out_channels=(64, 128, 192), layers_per_block=1, norm_num_groups=16,
            cross_attention_dim=WIDTH, attention_head_dim=4,
        )  # fmt: skip
        self.register_buffer("place", _places(MOTION_FRAMES, WIDTH), persistent=False)
        self.register_buffer("mean", torch.zeros(MOTION))
        self.register_buffer("spread", torch.ones(MOTION))

    def forward(self, latents: Tensor, time: Tensor, motion: Tensor, genre: Tensor) -> Tensor:
        """The noise in latents (B, 8, 28, 32) at diffusion times (B,), 0..999.

        motion: features (B, 156, 360). genre: one-hot (B, 13).
        """
        told = genre[:, None].expand(-1, motion.shape[1], -1)
        told = torch.cat([(motion - self.mean) / self.spread, told], dim=-1)
        hidden = self.read(told) + self.place
        return self.unet(latents, time, encoder_hidden_states=hidden, return_dict=False)[0]


class Paper(nn.Module):
    """The whole recipe but its last step (Griffin-Lim).

    scale: what VAE latents are multiplied by so that they have unit variance.
    """

    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.vae, self.denoiser = Vae(), Denoiser()
        self.register_buffer("scale", torch.ones(()))

    @torch.no_grad()
    def set_statistics(self, spread: Tensor, motion_mean: Tensor, motion_spread: Tensor) -> None:
        """Standard deviation of the VAE's latents; mean and spread of motion features (360,)."""
        self.scale.copy_(1 / spread)
        self.denoiser.mean.copy_(motion_mean)
        self.denoiser.spread.copy_(motion_spread)

    @torch.no_grad()
    def sample(self, motion: Floats, genre: str, steps: int = STEPS, seed: int = 0) -> Floats:
        """Log-mel (T, 256) in dB for motion features (T30, 360), T as long as the motion.

        Slices of 5.2 s are made each on its own; a last one that is too short repeats its last
        frame.
        """
        frames = max(1, round(len(motion) / MOTION_FPS * FPS))
        count = -(-frames // SLICE)
        missing = count * MOTION_FRAMES - len(motion)
        padded = np.pad(motion, ((0, max(0, missing)), (0, 0)), mode="edge")
        starts = [round(i * SLICE / FPS * MOTION_FPS) for i in range(count)]
        told = np.stack([_from(padded, start) for start in starts])
        hot = torch.zeros(count, len(NAMES))
        hot[:, NAMES.index(genre)] = 1.0
        made = self._slices(torch.from_numpy(told), hot, steps, seed)
        return decibels(made.reshape(-1, BINS).cpu().numpy()[:frames])

    def _slices(self, motion: Tensor, genre: Tensor, steps: int, seed: int) -> Tensor:
        """Normalised mels (B, 224, 256)."""
        device = self.scale.device
        random = torch.Generator().manual_seed(seed)
        shape = (len(motion), PLANES, SLICE // SHRINK, BINS // SHRINK)
        latents = torch.randn(shape, generator=random).to(device)
        motion, genre = motion.to(device), genre.to(device)
        scheduler = noising()
        scheduler.set_timesteps(steps)
        for time in scheduler.timesteps:
            noise = self.denoiser(latents, time.expand(len(latents)).to(device), motion, genre)
            latents = scheduler.step(noise, time, latents, generator=random).prev_sample
        return self.vae.decode(latents / self.scale)


def load(run: Path | None = None) -> Paper:
    """The trained baseline of a run, or one of random weights (to time it)."""
    paper = Paper()
    if run is not None:
        kept = torch.load(run / WEIGHTS, map_location="cpu", weights_only=True)
        paper.load_state_dict(kept)
    return paper.eval()


def sample(paper: Paper, motion: Motion, genre: str, seed: int = 0, steps: int = STEPS) -> Floats:
    """Log-mel (T, 256), dB, of music for a whole motion; see `Paper.sample`."""
    return paper.sample(motion_features(motion), genre, steps, seed)


def noising() -> DDPMScheduler:
    """The diffusion: 1000 steps, noise predicted."""
    return DDPMScheduler(num_train_timesteps=TRAINING_STEPS, clip_sample=False)


def denoising_loss(denoiser: nn.Module, latents: Tensor, motion: Tensor, genre: Tensor) -> Tensor:
    """Squared error of the predicted noise at random times; latents of unit variance."""
    noise = torch.randn_like(latents)
    times = torch.randint(0, TRAINING_STEPS, (len(latents),), device=latents.device)
    noised = noising().add_noise(latents, noise, times)
    return (denoiser(noised, times, motion, genre) - noise).square().mean()


def _from(motion: Floats, start: int) -> Floats:
    """A slice's frames of motion, the last repeated where there are too few."""
    part = motion[start : start + MOTION_FRAMES]
    return np.pad(part, ((0, MOTION_FRAMES - len(part)), (0, 0)), mode="edge")


def _places(length: int, width: int) -> Tensor:
    """Sinusoidal positions (length, width)."""
    rates = torch.exp(torch.arange(width // 2) * (-math.log(10_000.0) / (width // 2)))
    angles = torch.arange(length)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
