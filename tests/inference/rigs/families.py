# SPDX-License-Identifier: GPL-3.0-or-later
"""Bones of well-known rigs, named as their makers publish them.

Of fingers, twist bones, faces and controls only as many are here as can get in the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from twostep.inference.rigs import Rig


@dataclass(frozen=True)
class Published:
    """A rig's bones: chains that hang on each other from left to right; `{}` stands for the side.

    spine: the bones of pelvis, spine1, spine3 and head; leg, arm: those of hip, knee and ankle, and
    of shoulder, elbow and wrist; sides: how left and right are spelt. root: the bone that carries
    them all; hand: the one that marks the left hand; before: what all names begin with.
    """

    family: str
    chains: tuple[str, ...]
    spine: str
    leg: str
    arm: str
    sides: tuple[str, str] = ("Left", "Right")
    root: str | None = None
    hand: str | None = None
    before: str = ""

    def rig(self, prefix: str = "", suffix: str = "") -> Rig:
        """Without places: names alone have to do."""
        parents: dict[str, str] = {}
        for chain in self.chains:
            for side in self.sides if "{}" in chain else ("",):
                bones = chain.format(*[side] * chain.count("{}")).split(" > ")
                parents.setdefault(bones[0], "")
                parents |= {bone: above for above, bone in pairwise(bones)}
        names = list(parents)
        above = tuple(names.index(parents[name]) if parents[name] else -1 for name in names)
        spelt = tuple(f"{prefix}{self.before}{name}{suffix}" for name in names)
        return Rig(spelt, above, np.zeros((len(names), 3)))

    def expected(self) -> dict[str, str]:
        """The bones of the joints that matter most."""
        wanted = zip(("pelvis", "spine1", "spine3", "head"), self.spine.split(" > "), strict=True)
        found = dict(wanted)
        for side, spelt in zip(("left", "right"), self.sides, strict=True):
            for parts, bones in (
                (("hip", "knee", "ankle"), self.leg),
                (("shoulder", "elbow", "wrist"), self.arm),
            ):
                named = bones.format(*[spelt] * 3).split(" > ")
                found |= {f"{side}_{part}": bone for part, bone in zip(parts, named, strict=True)}
        return {joint: self.before + bone for joint, bone in found.items() if bone != "-"}


RIGS: dict[str, Published] = {
    "Mixamo": Published(
        "mixamo",
        ("Hips > Spine > Spine1 > Spine2 > Neck > Head > HeadTop_End",
         "Hips > {}UpLeg > {}Leg > {}Foot > {}ToeBase > {}Toe_End",
         "Spine2 > {}Shoulder > {}Arm > {}ForeArm > {}Hand > {}HandIndex1 > {}HandIndex2",
         "{}Hand > {}HandThumb1 > {}HandThumb2"),
        "Hips > Spine > Spine2 > Head",
        "{}UpLeg > {}Leg > {}Foot", "{}Arm > {}ForeArm > {}Hand"),
    "Mixamo, two spine bones": Published(
        "mixamo",
        ("Hips > Spine > Spine1 > Neck > Head",
         "Hips > {}UpLeg > {}Leg > {}Foot > {}ToeBase",
         "Spine1 > {}Shoulder > {}Arm > {}ForeArm > {}Hand"),
        "Hips > Spine > Spine1 > Head",
        "{}UpLeg > {}Leg > {}Foot", "{}Arm > {}ForeArm > {}Hand"),
    "SMPL": Published(
        "smpl",
        ("Pelvis > Spine1 > Spine2 > Spine3 > Neck > Head",
         "Pelvis > {}_Hip > {}_Knee > {}_Ankle > {}_Foot",
         "Spine3 > {}_Collar > {}_Shoulder > {}_Elbow > {}_Wrist > {}_Hand"),
        "Pelvis > Spine1 > Spine3 > Head",
        "{}_Hip > {}_Knee > {}_Ankle", "{}_Shoulder > {}_Elbow > {}_Wrist", ("L", "R")),
    "SMPL-X": Published(
        "smpl",
        ("root > pelvis > spine1 > spine2 > spine3 > neck > head > jaw",
         "head > {}_eye_smplhf",
         "pelvis > {}_hip > {}_knee > {}_ankle > {}_foot",
         "spine3 > {}_collar > {}_shoulder > {}_elbow > {}_wrist > {}_index1 > {}_index2"),
        "pelvis > spine1 > spine3 > head",
        "{}_hip > {}_knee > {}_ankle", "{}_shoulder > {}_elbow > {}_wrist", ("left", "right"),
        "root"),
    "Unreal 4": Published(
        "unreal",
        ("root > pelvis > spine_01 > spine_02 > spine_03 > neck_01 > head",
         "pelvis > thigh_{} > calf_{} > foot_{} > ball_{}", "thigh_{} > thigh_twist_01_{}",
         "spine_03 > clavicle_{} > upperarm_{} > lowerarm_{} > hand_{} > index_01_{}",
         "root > ik_foot_root > ik_foot_{}", "root > ik_hand_root > ik_hand_gun > ik_hand_{}"),
        "pelvis > spine_01 > spine_03 > head",
        "thigh_{} > calf_{} > foot_{}", "upperarm_{} > lowerarm_{} > hand_{}", ("l", "r"), "root"),
    "Unreal 5": Published(
        "unreal",
        ("root > pelvis > spine_01 > spine_02 > spine_03 > spine_04 > spine_05",
         "spine_05 > neck_01 > neck_02 > head",
         "pelvis > thigh_{} > calf_{} > foot_{} > ball_{}", "calf_{} > calf_twist_01_{}",
         "spine_05 > clavicle_{} > upperarm_{} > lowerarm_{} > hand_{} > middle_metacarpal_{}"),
        "pelvis > spine_01 > spine_05 > head",
        "thigh_{} > calf_{} > foot_{}", "upperarm_{} > lowerarm_{} > hand_{}", ("l", "r"), "root"),
    "VRoid": Published(
        "vrm",
        ("Root > J_Bip_C_Hips > J_Bip_C_Spine > J_Bip_C_Chest > J_Bip_C_UpperChest",
         "J_Bip_C_UpperChest > J_Bip_C_Neck > J_Bip_C_Head > J_Sec_Hair1_01 > J_Sec_Hair2_01",
         "J_Bip_C_Head > J_Adj_{}_FaceEye", "J_Bip_C_UpperChest > J_Sec_{}_Bust1",
         "J_Bip_C_Hips > J_Bip_{}_UpperLeg > J_Bip_{}_LowerLeg > J_Bip_{}_Foot > J_Bip_{}_ToeBase",
         "J_Bip_C_UpperChest > J_Bip_{}_Shoulder > J_Bip_{}_UpperArm > J_Bip_{}_LowerArm",
         "J_Bip_{}_LowerArm > J_Bip_{}_Hand > J_Bip_{}_Index1"),
        "J_Bip_C_Hips > J_Bip_C_Spine > J_Bip_C_UpperChest > J_Bip_C_Head",
        "J_Bip_{}_UpperLeg > J_Bip_{}_LowerLeg > J_Bip_{}_Foot",
        "J_Bip_{}_UpperArm > J_Bip_{}_LowerArm > J_Bip_{}_Hand", ("L", "R"), "Root"),
    "MakeHuman": Published(
        "makehuman",
        ("root > spine05 > spine04 > spine03 > spine02 > spine01 > neck01 > neck02 > neck03 > head",
         "root > pelvis.{} > upperleg01.{} > upperleg02.{} > lowerleg01.{} > lowerleg02.{}",
         "lowerleg02.{} > foot.{} > toe1-1.{} > toe1-2.{}", "foot.{} > toe2-1.{} > toe2-2.{}",
         "spine01 > clavicle.{} > shoulder01.{} > upperarm01.{} > upperarm02.{} > lowerarm01.{}",
         "lowerarm01.{} > lowerarm02.{} > wrist.{} > finger1-1.{} > finger1-2.{}",
         "head > jaw > tongue00", "head > eye.{}"),
        "root > spine05 > spine01 > head",
        "upperleg01.{} > lowerleg01.{} > foot.{}", "upperarm01.{} > lowerarm01.{} > wrist.{}",
        ("L", "R")),
    "Auto-Rig Pro": Published(
        "auto_rig_pro",
        ("root.x > spine_01.x > spine_02.x > spine_03.x > neck.x > head.x",
         "root.x > thigh_stretch.{} > leg_stretch.{} > foot.{} > toes_01.{}",
         "thigh_stretch.{} > thigh_twist.{}", "leg_stretch.{} > leg_twist.{}",
         "spine_03.x > shoulder.{} > arm_stretch.{} > forearm_stretch.{} > hand.{} > c_index1.{}",
         "arm_stretch.{} > arm_twist.{}"),
        "root.x > spine_01.x > spine_03.x > head.x",
        "thigh_stretch.{} > leg_stretch.{} > foot.{}",
        "arm_stretch.{} > forearm_stretch.{} > hand.{}",
        ("l", "r")),
    "CMU BVH": Published(
        "cmu_bvh",
        ("Hips > LowerBack > Spine > Spine1 > Neck > Neck1 > Head",
         "Hips > {}HipJoint > {}UpLeg > {}Leg > {}Foot > {}ToeBase",
         "Spine1 > {}Shoulder > {}Arm > {}ForeArm > {}Hand > {}FingerBase > {}HandIndex1"),
        "Hips > LowerBack > Spine1 > Head",
        "{}UpLeg > {}Leg > {}Foot", "{}Arm > {}ForeArm > {}Hand"),
    "CMU ASF": Published(
        "cmu_asf",
        ("root > lowerback > upperback > thorax > lowerneck > upperneck > head",
         "root > {}hipjoint > {}femur > {}tibia > {}foot > {}toes",
         "thorax > {}clavicle > {}humerus > {}radius > {}wrist > {}hand > {}fingers"),
        "root > lowerback > thorax > head",
        "{}femur > {}tibia > {}foot", "{}humerus > {}radius > {}hand", ("l", "r")),
    "Biped": Published(
        "biped",
        ("Bip01 > Bip01 Pelvis > Bip01 Spine > Bip01 Spine1 > Bip01 Spine2 > Bip01 Neck",
         "Bip01 Neck > Bip01 Head", "Bip01 Neck > Bip01 {} Clavicle",
         "Bip01 Pelvis > Bip01 {} Thigh > Bip01 {} Calf > Bip01 {} Foot > Bip01 {} Toe0",
         "Bip01 {} Clavicle > Bip01 {} UpperArm > Bip01 {} Forearm > Bip01 {} Hand",
         "Bip01 {} Hand > Bip01 {} Finger0 > Bip01 {} Finger01"),
        "Bip01 Pelvis > Bip01 Spine > Bip01 Spine2 > Bip01 Head",
        "Bip01 {} Thigh > Bip01 {} Calf > Bip01 {} Foot",
        "Bip01 {} UpperArm > Bip01 {} Forearm > Bip01 {} Hand", ("L", "R"), "Bip01"),
    "Daz Genesis 8": Published(
        "daz",
        ("hip > pelvis", "hip > abdomenLower > abdomenUpper > chestLower > chestUpper",
         "chestUpper > neckLower > neckUpper > head > upperFaceRig",
         "pelvis > {}ThighBend > {}ThighTwist > {}Shin > {}Foot > {}Metatarsals > {}Toe",
         "chestUpper > {}Collar > {}ShldrBend > {}ShldrTwist > {}ForearmBend > {}ForearmTwist",
         "{}ForearmTwist > {}Hand > {}Thumb1 > {}Thumb2", "chestLower > {}Pectoral"),
        "hip > abdomenLower > chestUpper > head",
        "{}ThighBend > {}Shin > {}Foot", "{}ShldrBend > {}ForearmBend > {}Hand", ("l", "r")),
    "Daz Genesis 9": Published(
        "daz",
        ("hip > pelvis", "hip > spine1 > spine2 > spine3 > spine4 > neck1 > neck2 > head",
         "pelvis > {}_thigh > {}_shin > {}_foot > {}_metatarsals > {}_toes",
         "spine4 > {}_shoulder > {}_upperarm > {}_forearm > {}_hand > {}_thumb1"),
        "hip > spine1 > spine4 > head",
        "{}_thigh > {}_shin > {}_foot", "{}_upperarm > {}_forearm > {}_hand", ("l", "r")),
    "Poser, CMU for Daz": Published(
        "daz",
        ("hip > abdomen > chest > neck > head",
         "hip > {}Buttock > {}Thigh > {}Shin > {}Foot", "head > {}Eye",
         "chest > {}Collar > {}Shldr > {}ForeArm > {}Hand > {}Thumb1"),
        "hip > abdomen > chest > head",
        "{}Thigh > {}Shin > {}Foot", "{}Shldr > {}ForeArm > {}Hand", ("l", "r")),
    "BVH of joints": Published(
        "bvh",
        ("Hips > Chest > Chest2 > Chest3 > Chest4 > Neck > Head",
         "Hips > {}Hip > {}Knee > {}Ankle > {}Toe",
         "Chest4 > {}Collar > {}Shoulder > {}Elbow > {}Wrist"),
        "Hips > Chest > Chest4 > Head",
        "{}Hip > {}Knee > {}Ankle", "{}Shoulder > {}Elbow > {}Wrist"),
    "Unity": Published(
        "common",
        ("Hips > Spine > Chest > UpperChest > Neck > Head > Jaw",
         "Hips > {}UpperLeg > {}LowerLeg > {}Foot > {}Toes",
         "UpperChest > {}Shoulder > {}UpperArm > {}LowerArm > {}Hand"),
        "Hips > Spine > UpperChest > Head",
        "{}UpperLeg > {}LowerLeg > {}Foot", "{}UpperArm > {}LowerArm > {}Hand"),
    "VRChat": Published(
        "common",
        ("Hips > Spine > Chest > Neck > Head > {} eye",
         "Hips > {} leg > {} knee > {} ankle > {} toe",
         "Chest > {} shoulder > {} arm > {} elbow > {} wrist > IndexFinger1_{}"),
        "Hips > Spine > Chest > Head",
        "{} leg > {} knee > {} ankle", "{} arm > {} elbow > {} wrist"),
    "VRM 1.0": Published(
        "common",
        ("root > hips > spine > chest > upperChest > neck > head > jaw", "head > {}Eye",
         "hips > {}UpperLeg > {}LowerLeg > {}Foot > {}Toes",
         "upperChest > {}Shoulder > {}UpperArm > {}LowerArm > {}Hand > {}MiddleProximal"),
        "hips > spine > upperChest > head",
        "{}UpperLeg > {}LowerLeg > {}Foot", "{}UpperArm > {}LowerArm > {}Hand",
        ("left", "right"), "root", "leftMiddleProximal"),
    "Roblox": Published(
        "common",
        ("HumanoidRootNode > LowerTorso > UpperTorso > Head",
         "LowerTorso > {}UpperLeg > {}LowerLeg > {}Foot",
         "UpperTorso > {}UpperArm > {}LowerArm > {}Hand"),
        "LowerTorso > UpperTorso > - > Head",
        "{}UpperLeg > {}LowerLeg > {}Foot", "{}UpperArm > {}LowerArm > {}Hand",
        root="HumanoidRootNode"),
    "SMPL-H": Published(
        "smpl",
        ("root > Pelvis > Spine1 > Spine2 > Spine3 > Neck",
         "Neck > Head",
         "Pelvis > {}_Hip > {}_Knee > {}_Ankle > {}_Foot",
         "Spine3 > {}_Collar > {}_Shoulder > {}_Elbow > {}_Wrist",
         "{}_Wrist > {}_Hand"),
        "Pelvis > Spine1 > Spine3 > Head",
        "{}_Hip > {}_Knee > {}_Ankle",
        "{}_Shoulder > {}_Elbow > {}_Wrist", ("L", "R"), "root",
        before="m_avg_"),
    "MPFB game engine": Published(
        "unreal",
        ("Root > pelvis > spine_01 > spine_02 > spine_03 > neck_01 > head",
         "pelvis > thigh_{} > calf_{} > foot_{} > ball_{}",
         "spine_03 > clavicle_{} > upperarm_{} > lowerarm_{} > hand_{} > middle_01_{}",
         "hand_{} > thumb_01_{}"),
        "pelvis > spine_01 > spine_03 > head",
        "thigh_{} > calf_{} > foot_{}", "upperarm_{} > lowerarm_{} > hand_{}", ("l", "r"),
        "Root", "middle_01_l"),
    "3ds Max 2010": Published(
        "biped",
        ("COM > Pelvis > Spine > Spine1 > Neck > Head",
         "COM > Footsteps", "Head > HeadNub",
         "Spine > {} Thigh > {} Calf > {} Foot > {} Toe0",
         "Neck > {} Clavicle > {} UpperArm > {} Forearm",
         "{} Forearm > {} Hand > {} Finger2 > {} Finger21",
         "{} Forearm > {} ForeTwist"),
        "Pelvis > Spine > Spine1 > Head",
        "{} Thigh > {} Calf > {} Foot",
        "{} UpperArm > {} Forearm > {} Hand", ("L", "R"),
        "COM", "L Finger2", "Bip001 "),
    "Valve": Published(
        "biped",
        ("Pelvis > Spine > Spine1 > Spine2 > Spine4",
         "Spine4 > Neck1 > Head1 > forward",
         "Pelvis > {}_Thigh > {}_Calf > {}_Foot > {}_Toe0",
         "Spine4 > {}_Clavicle > {}_UpperArm > {}_Forearm",
         "{}_Forearm > {}_Hand > {}_Finger0", "{}_Bicep"),
        "Pelvis > Spine > Spine4 > Head1",
        "{}_Thigh > {}_Calf > {}_Foot",
        "{}_UpperArm > {}_Forearm > {}_Hand", ("L", "R"), before="ValveBiped.Bip01_"),
    "Daz Genesis 3": Published(
        "daz",
        ("hip > pelvis", "hip > abdomenLower > abdomenUpper > chestLower > chestUpper",
         "chestUpper > neckLower > neckUpper > head > lowerJaw", "head > {}Eye", "head > {}Ear",
         "pelvis > {}ThighBend > {}ThighTwist > {}Shin > {}Foot > {}Metatarsals > {}Toe",
         "{}Toe > {}BigToe > {}BigToe_2", "{}Toe > {}SmallToe1",
         "chestUpper > {}Collar > {}ShldrBend > {}ShldrTwist > {}ForearmBend > {}ForearmTwist",
         "{}ForearmTwist > {}Hand > {}Carpal2 > {}Mid1 > {}Mid2"),
        "hip > abdomenLower > chestUpper > head",
        "{}ThighBend > {}Shin > {}Foot", "{}ShldrBend > {}ForearmBend > {}Hand", ("l", "r"),
        None, "lMid1"),
    "Poser": Published(
        "daz",
        ("hip > abdomen > chest > neck > head > {}Eye",
         "hip > {}Buttock > {}Thigh > {}Shin > {}Foot > {}Toe",
         "chest > {}Collar > {}Shldr > {}ForeArm > {}Hand > {}Mid1 > {}Mid2"),
        "hip > abdomen > chest > head",
        "{}Thigh > {}Shin > {}Foot", "{}Shldr > {}ForeArm > {}Hand", ("l", "r"), None, "lMid1"),
    "Character Creator": Published(
        "character_creator",
        ("BoneRoot > Hip > Waist > Spine01 > Spine02",
         "Spine02 > NeckTwist01 > NeckTwist02 > Head",
         "Head > FacialBone > JawRoot",
         "Hip > Pelvis > {}_Thigh > {}_Calf > {}_Foot",
         "{}_Foot > {}_ToeBase > {}_BigToe1",
         "{}_Thigh > {}_ThighTwist01", "Spine02 > {}_Breast",
         "Spine02 > {}_Clavicle > {}_Upperarm > {}_Forearm",
         "{}_Upperarm > {}_UpperarmTwist01",
         "{}_Forearm > {}_Hand > {}_Mid1 > {}_Mid2"),
        "Hip > Waist > Spine02 > Head",
        "{}_Thigh > {}_Calf > {}_Foot",
        "{}_Upperarm > {}_Forearm > {}_Hand", ("L", "R"),
        "BoneRoot", "L_Mid1", "CC_Base_"),
    "Xsens MVN": Published(
        "xsens",
        ("Reference > Pelvis > L5 > L3 > T12 > T8 > Neck > Head",
         "Pelvis > {}UpperLeg > {}LowerLeg > {}Foot > {}Toe",
         "T8 > {}Shoulder > {}UpperArm > {}ForeArm > {}Hand"),
        "Pelvis > L5 > T8 > Head",
        "{}UpperLeg > {}LowerLeg > {}Foot", "{}UpperArm > {}ForeArm > {}Hand", root="Reference"),
    "Rokoko": Published(
        "rokoko",
        ("Hips > Spine > Spine2 > Spine3 > Spine4 > Neck > Head",
         "Hips > {}Thigh > {}Shin > {}Foot > {}Toe > {}ToeTip",
         "Spine4 > {}Shoulder > {}Arm > {}ForeArm > {}Hand > {}Finger3Metacarpal"),
        "Hips > Spine > Spine4 > Head",
        "{}Thigh > {}Shin > {}Foot", "{}Arm > {}ForeArm > {}Hand"),
    "Perception Neuron": Published(
        "mixamo",
        ("Reference > Hips > Spine > Spine1 > Spine2 > Spine3",
         "Spine3 > Neck > Head",
         "Hips > {}UpLeg > {}Leg > {}Foot",
         "Spine3 > {}Shoulder > {}Arm > {}ForeArm > {}Hand",
         "{}Hand > {}InHandMiddle > {}HandMiddle1"),
        "Hips > Spine > Spine3 > Head",
        "{}UpLeg > {}Leg > {}Foot",
        "{}Arm > {}ForeArm > {}Hand", ("Left", "Right"),
        "Reference", "LeftHandMiddle1", "Robot_"),
    "Rigify meta-rig": Published(
        "rigify",
        ("spine > spine.001 > spine.002 > spine.003 > spine.004 > spine.005 > spine.006",
         "spine > pelvis.{}", "spine.003 > breast.{}", "foot.{} > heel.02.{}",
         "spine.006 > face > nose > nose.001 > nose.002", "face > lip.T.{} > lip.T.{}.001",
         "spine > thigh.{} > shin.{} > foot.{} > toe.{}",
         "spine.003 > shoulder.{} > upper_arm.{} > forearm.{} > hand.{} > palm.02.{}",
         "palm.02.{} > f_middle.01.{} > f_middle.02.{}"),
        "spine > spine.001 > spine.003 > spine.006",
        "thigh.{} > shin.{} > foot.{}", "upper_arm.{} > forearm.{} > hand.{}", ("L", "R"),
        None, "f_middle.01.L"),
    "Rigify's deforming bones": Published(
        "rigify",
        ("spine > spine.001 > spine.002 > spine.003 > spine.004",
         "spine.004 > spine.005 > spine.006", "spine > pelvis.{}",
         "spine > thigh.{} > thigh.{}.001 > shin.{} > shin.{}.001",
         "shin.{}.001 > foot.{} > toe.{}",
         "spine.003 > shoulder.{} > upper_arm.{} > upper_arm.{}.001",
         "upper_arm.{}.001 > forearm.{} > forearm.{}.001 > hand.{}"),
        "spine > spine.001 > spine.003 > spine.006",
        "thigh.{} > shin.{} > foot.{}",
        "upper_arm.{} > forearm.{} > hand.{}", ("L", "R"), before="DEF-"),
    "MMD": Published(
        "mmd",
        ("全ての親 > センター > グルーブ > 腰 > 下半身", "操作中心",
         "腰 > 上半身 > 上半身2 > 首 > 頭 > 両目", "頭 > {}目", "頭 > 髪1 > 髪2",
         "下半身 > 腰キャンセル{} > {}足 > {}ひざ > {}足首 > {}つま先",
         "下半身 > {}足D > {}ひざD > {}足首D > {}足先EX",
         "全ての親 > {}足IK親 > {}足ＩＫ > {}つま先ＩＫ", "{}足ＩＫ > {}足ＩＫ先",
         "上半身2 > {}肩P > {}肩 > {}肩C > {}腕 > {}腕捩 > {}ひじ > {}手捩 > {}手首",
         "{}手首 > {}中指１ > {}中指２", "{}手首 > {}親指０", "{}手首 > {}手先"),
        "下半身 > 上半身 > 上半身2 > 頭",
        "{}足 > {}ひざ > {}足首", "{}腕 > {}ひじ > {}手首", ("左", "右"), "全ての親", "左中指１"),
    "MMD of mmd_tools": Published(
        "mmd",
        ("全ての親 > センター > 下半身", "センター > 上半身 > 上半身２ > 首 > 頭",
         "下半身 > 足.{} > ひざ.{} > 足首.{} > つま先.{}", "全ての親 > 足ＩＫ.{} > つま先ＩＫ.{}",
         "上半身２ > 肩.{} > 腕.{} > 腕捩.{} > ひじ.{} > 手捩.{} > 手首.{} > 中指１.{}"),
        "下半身 > 上半身 > 上半身２ > 頭",
        "足.{} > ひざ.{} > 足首.{}", "腕.{} > ひじ.{} > 手首.{}", ("L", "R"),
        "全ての親", "中指１.L"),
    "MMD in English": Published(
        "mmd",
        ("ParentNode > Center > Groove > Waist > LowerBody",
         "Waist > UpperBody > UpperBody2 > Neck > Head > Eyes",
         "LowerBody > Leg_{} > Knee_{} > Ankle_{} > ToeTip_{}", "LegIK_{} > ToeTipIK_{}",
         "UpperBody2 > ShoulderP_{} > Shoulder_{} > Arm_{} > ArmTwist_{} > Elbow_{} > Wrist_{}"),
        "LowerBody > UpperBody > UpperBody2 > Head",
        "Leg_{} > Knee_{} > Ankle_{}", "Arm_{} > Elbow_{} > Wrist_{}", ("L", "R"), "ParentNode"),
    "MMD, lower case": Published(
        "mmd",
        ("mother > center > groove > lower body", "groove > upper body > upper body2 > neck > head",
         "lower body > leg_{} > knee_{} > ankle_{} > toe_{}", "mother > leg IK_{} > toe IK_{}",
         "upper body2 > shoulder_{} > arm_{} > elbow_{} > wrist_{} > middle1_{}"),
        "lower body > upper body > upper body2 > head",
        "leg_{} > knee_{} > ankle_{}", "arm_{} > elbow_{} > wrist_{}", ("L", "R"),
        "mother", "middle1_L"),
}  # fmt: skip
