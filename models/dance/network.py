# SPDX-License-Identifier: GPL-3.0-or-later
"""The dance model: motion encoder f, music-conditioned latent predictors g, decoder d.

Shapes: a segment is 60 frames or 15 tokens; latents are (B, 15, D). `Jepa` is the deterministic
predictor (the JEPA baseline); `Flow` is the stochastic one that ships: rectified flow in the
latent space of f, guided by music.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...inference import pose_features
from .config import MUSIC_SIZE, MUSIC_TOKENS, PATCH, STYLE_COUNT, TOKENS, Config
from .layers import Block, ConvBlock, FlowBlock, fourier, positions


class Conditions(NamedTuple):
    """What a predictor is told about the next segment.

    context (B, 15, D): latents of the segment before; context_mask (B, 15): 1 = present.
    music (B, 76, 48): features of the next 60 frames and 16 of look-ahead.
    style (B, 5): one-hot, all zero = unknown. energy (B, 1): 0..1, below 0 = unknown.
    heard (B, 1): 1 = music is given, 0 = withheld (for guidance).
    """

    context: Tensor
    context_mask: Tensor
    music: Tensor
    style: Tensor
    energy: Tensor
    heard: Tensor

    def first(self, count: int) -> Conditions:
        """The same of the first items only."""
        return Conditions(*(part[:count] for part in self))


class Encoder(nn.Module):
    """f: raw features (B, 60, 152) -> latents (B, 15, D) of unit variance."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(pose_features.SIZE))
        self.register_buffer("std", torch.ones(pose_features.SIZE))
        self.embed = nn.Linear(PATCH * pose_features.SIZE, config.width)
        self.position = positions(TOKENS, config.width)
        self.blocks = nn.ModuleList(
            Block(config.width, config.heads) for _ in range(config.encoder_depth)
        )
        self.norm = nn.LayerNorm(config.width)
        self.out = nn.Linear(config.width, config.latent)
        self.scale = nn.BatchNorm1d(config.latent, affine=False)

    def normalise(self, motion: Tensor) -> Tensor:
        return (motion - self.mean) / self.std

    def forward(self, motion: Tensor) -> Tensor:
        x = self.embed(self.normalise(motion).unflatten(1, (TOKENS, PATCH)).flatten(2))
        x = x + self.position
        for block in self.blocks:
            x = block(x)
        return self.scale(self.out(self.norm(x)).transpose(1, 2)).transpose(1, 2)


class Decoder(nn.Module):
    """d: latents (B, N, D) -> raw features (B, 4N, 152); reaches 6 tokens to each side."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        wide, narrow = config.decoder_width, config.decoder_width * 2 // 3
        self.register_buffer("mean", torch.zeros(pose_features.SIZE))
        self.register_buffer("std", torch.ones(pose_features.SIZE))
        self.embed = nn.Linear(config.latent, wide)
        self.coarse = nn.Sequential(ConvBlock(wide, 3), ConvBlock(wide, 3))
        self.unfold = nn.Linear(wide, PATCH * narrow)
        self.fine = nn.Sequential(ConvBlock(narrow, 5), ConvBlock(narrow, 5))
        self.norm = nn.LayerNorm(narrow)
        self.out = nn.Linear(narrow, pose_features.SIZE)

    def forward(self, latents: Tensor) -> Tensor:
        x = self.unfold(self.coarse(self.embed(latents)))
        x = self.fine(x.unflatten(-1, (PATCH, -1)).flatten(1, 2))
        features = self.out(self.norm(x)) * self.std + self.mean
        contact = torch.sigmoid(features[..., pose_features.CONTACT])
        return torch.cat([features[..., : pose_features.CONTACT.start], contact], dim=-1)


class Listener(nn.Module):
    """Reads the conditions: a memory (B, 34, width) to attend to, its attention bias, the music
    tokens aligned with the segment (B, 15, width), and a vector of style and energy (B, width)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width = config.width
        self.context = nn.Linear(config.latent, width)
        self.music = nn.Sequential(
            nn.Linear(PATCH * MUSIC_SIZE, width), nn.GELU(), nn.Linear(width, width)
        )
        self.silence = nn.Parameter(torch.zeros(width))
        self.position = positions(TOKENS + MUSIC_TOKENS, width)
        self.blocks = nn.ModuleList(
            Block(width, config.heads) for _ in range(config.condition_depth)
        )
        self.norm = nn.LayerNorm(width)
        self.style = nn.Linear(STYLE_COUNT, width)
        self.energy = nn.Sequential(nn.Linear(2, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, told: Conditions) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        heard = told.heard[:, :, None]
        music = self.music(told.music.unflatten(1, (MUSIC_TOKENS, PATCH)).flatten(2))
        music = heard * music + (1 - heard) * self.silence
        x = torch.cat([self.context(told.context), music], dim=1) + self.position
        always = torch.ones_like(told.music[:, :MUSIC_TOKENS, 0])
        mask = torch.cat([told.context_mask, always], dim=1)
        bias = (1 - mask)[:, None, None, :] * -1e4
        for block in self.blocks:
            x = block(x, bias)
        memory = self.norm(x)
        known = (told.energy >= 0).to(told.energy.dtype) * told.heard
        energy = self.energy(torch.cat([told.energy * known, known], dim=1))
        return memory, bias, memory[:, TOKENS : 2 * TOKENS], self.style(told.style) + energy


class Jepa(nn.Module):
    """g, deterministic: the expected latents of the next segment."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.listener = Listener(config)
        self.query = positions(TOKENS, config.width)
        self.blocks = nn.ModuleList(
            FlowBlock(config.width, config.heads) for _ in range(config.jepa_depth)
        )
        self.norm = nn.LayerNorm(config.width)
        self.out = nn.Linear(config.width, config.latent)

    def forward(self, told: Conditions) -> Tensor:
        memory, bias, aligned, vector = self.listener(told)
        x = aligned + self.query
        for block in self.blocks:
            x = block(x, vector, block.cross.memory(memory), bias)
        return self.out(self.norm(x))


def off_beat(music: Tensor) -> Tensor:
    """Music features (B, T, 48) whose beat comes half a beat late; their sound is withheld."""
    beat, two_beats, bar, tempo = music[..., 37:44].split((2, 2, 2, 1), dim=-1)
    sine, cosine = two_beats.unbind(-1)
    turned = torch.stack([-cosine, sine], dim=-1)
    sine, cosine = bar.unbind(-1)
    eighth = torch.stack([sine - cosine, sine + cosine], dim=-1) / math.sqrt(2)
    # Distance to the nearest beat from the chord of its phase; exact where the bump is not 0.
    away = torch.sqrt((1 + beat[..., 1:]).clamp_min(0) / 2) / math.pi
    seconds = away / (100 / 60 * 2**tempo)
    bump = torch.exp(-0.5 * (seconds / 0.05) ** 2)
    first = (eighth[..., 1:] > 0.9).to(music.dtype)
    late = [-beat, turned, eighth, tempo, bump, bump * first]
    return torch.cat(
        [torch.zeros_like(music[..., :37]), *late, torch.zeros_like(music[..., 46:])], dim=-1
    )


class Flow(nn.Module):
    """g, stochastic: velocity of a rectified flow from noise to the next segment's latents."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.steps = config.flow_steps
        self.listener = Listener(config)
        self.embed = nn.Linear(config.latent, config.width)
        self.position = positions(TOKENS, config.width)
        self.time = nn.Sequential(
            nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, config.width)
        )
        self.blocks = nn.ModuleList(
            FlowBlock(config.width, config.heads) for _ in range(config.flow_depth)
        )
        self.norm = nn.LayerNorm(config.width)
        self.out = nn.Linear(config.width, config.latent)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, noised: Tensor, time: Tensor, told: Conditions) -> Tensor:
        """Velocity (B, 15, D) at noised latents (B, 15, D) and times (B,), 0 = noise, 1 = data."""
        return self._velocity(noised, time, *self._listen(told))

    def sample(
        self, noise: Tensor, told: Conditions, guidance: Tensor | None, rhythm: float = 0.0
    ) -> Tensor:
        """Latents (B, 15, D) from noise by Euler steps with classifier-free guidance.

        guidance (1,): away from what would be danced without music, None = not at all; rhythm:
        away, besides, from what would be danced to a beat half a beat later. The step times are
        denser near the noise, where guidance decides what will happen.
        """
        heard = told._replace(heard=torch.ones_like(told.heard))
        sides = [heard]
        if guidance is not None:
            sides.append(told._replace(heard=torch.zeros_like(told.heard)))
        if rhythm:
            sides.append(heard._replace(music=off_beat(told.music)))
        listened = self._listen(
            Conditions(*(torch.cat(parts) for parts in zip(*sides, strict=True)))
        )
        x = noise
        times = [(step / self.steps) ** 1.25 for step in range(self.steps + 1)]
        for now, then in pairwise(times):
            time = torch.full_like(told.energy[:, 0], now).repeat(len(sides))
            velocities = self._velocity(x.repeat(len(sides), 1, 1), time, *listened)
            with_music, *others = velocities.chunk(len(sides))
            velocity = with_music
            if guidance is not None:
                velocity = others[0] + guidance * (with_music - others[0])
            if rhythm:
                velocity = velocity + rhythm * (with_music - others[-1])
            x = x + (then - now) * velocity
        return x

    def _listen(
        self, told: Conditions
    ) -> tuple[list[tuple[Tensor, Tensor]], Tensor, Tensor, Tensor]:
        memory, bias, aligned, vector = self.listener(told)
        return [block.cross.memory(memory) for block in self.blocks], bias, aligned, vector

    def _velocity(
        self,
        noised: Tensor,
        time: Tensor,
        memories: list[tuple[Tensor, Tensor]],
        bias: Tensor,
        aligned: Tensor,
        vector: Tensor,
    ) -> Tensor:
        vector = torch.nn.functional.silu(vector + self.time(fourier(time, vector.shape[-1])))
        x = self.embed(noised) + aligned + self.position
        for block, memory in zip(self.blocks, memories, strict=True):
            x = block(x, vector, memory, bias)
        return self.out(self.norm(x))


class DanceModel(nn.Module):
    """All parts; what is trained when is the trainer's business."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.jepa = Jepa(config)
        self.flow = Flow(config)
        #: IDM head: beat phase (sin, cos), onset, energy from neighbouring latents.
        self.inverse = nn.Sequential(
            nn.Linear(2 * config.latent, config.width), nn.GELU(), nn.Linear(config.width, 4)
        )

    def set_statistics(self, mean: Tensor, std: Tensor) -> None:
        """Mean and standard deviation of the raw features (152,), from the training takes."""
        for part in (self.encoder, self.decoder):
            part.mean.copy_(mean)
            part.std.copy_(std)
