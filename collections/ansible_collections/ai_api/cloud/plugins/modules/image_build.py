"""Documentation of image_build; the work is done in plugins/action/image_build.py."""

DOCUMENTATION = r"""
module: image_build
short_description: The container image, built where what goes into it has changed
version_added: 0.1.0
description:
  - The image's tag is the hash of its base, its locked dependencies and the application. Where the engine has
    that tag already, nothing is built.
  - Otherwise Packer builds up to two layers, the dependencies and the application, from wheels downloaded on
    the controller; the build itself needs no network. A layer gets its tag last, so half an image has none.
  - The base is pulled, or made from Debian packages where no registry answers.
  - One build at a time runs in a project; other targets and runs wait for it.
  - What is missing (Packer, mmdebstrap) is installed by apt-get when run as root, and named otherwise.
options:
  name:
    description: Name of the image in the engine, without tag.
    type: str
    required: true
  project:
    description: The folder with app, packer, requirements.txt and Dockerfile.
    type: path
    required: true
  platform:
    description: What the image runs on.
    type: str
    choices: [linux/amd64, linux/arm64]
    default: linux/amd64
  base:
    description: The base image, Python 3.11 on Debian; best pinned by digest.
    type: str
    required: true
  base_source:
    description: Pull the base (registry), make it from Debian packages (debian), or whichever is possible (auto).
    type: str
    choices: [auto, registry, debian]
    default: auto
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Build the image when what goes into it has changed
  ai_api.cloud.image_build:
    name: ai-api
    project: "{{ playbook_dir }}"
    base: python:3.11-slim-bookworm
"""

RETURN = r"""
image:
  description: The image in the engine. In check mode its tag is a placeholder while there is no base image yet.
  returned: success
  type: str
  sample: ai-api:7c50051176b693d6
tag:
  description: The hash of what goes into it.
  returned: success
  type: str
  sample: 7c50051176b693d6
base:
  description: The base image it is built on; null in check mode while there is none yet.
  returned: success
  type: str
  sample: ai-api-base:bookworm
error:
  description: What to do next.
  returned: failure
  type: dict
"""
