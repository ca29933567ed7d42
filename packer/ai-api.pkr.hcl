# Builds one layer of the container image: docker builder, Ansible provisioner. roles/image runs it twice, for
# the dependencies and on top of them for the application. Works from Packer 1.6.6 on; newer ones, which bundle
# no plugins, get them from `packer init packer/plugins`.

packer {
  required_version = ">= 1.6.6"
}

variable "layer" {
  type        = string
  description = "Which play provisions it: dependencies or application."
}

variable "from" {
  type        = string
  description = "The image below, present in the engine already."
}

variable "context" {
  type        = string
  description = "The folder that the play finds at /mnt."
}

variable "repository" {
  type = string
}

variable "tag" {
  type        = string
  description = "The hash of what goes in; the image gets it when everything else is done."
}

variable "revision" {
  type        = string
  description = "The commit it was first built from."
}

variable "ansible_playbook" {
  type    = string
  default = "ansible-playbook"
}

locals {
  # How the image runs is said once, by the settings of the Dockerfile's last stage (1.6.6 has no regexall).
  last_stage = split("\n", split("\nFROM ", file("${abspath(path.root)}/../Dockerfile"))[3])
  setting    = "^(CMD|ENV|EXPOSE|HEALTHCHECK|LABEL|USER|WORKDIR) .+$"
  settings   = [for line in local.last_stage : line if line != "" && regex_replace(line, local.setting, "") == ""]

  changes = {
    dependencies = ["ENV PYTHONPATH=/opt/ai-api/lib", "LABEL managed-by=ai-api"]
    application = concat(local.settings, [
      "LABEL org.opencontainers.image.version=${var.tag}",
      "LABEL org.opencontainers.image.revision=${var.revision}",
    ])
  }
}

source "docker" "layer" {
  image   = var.from
  pull    = false
  commit  = true
  changes = local.changes[var.layer]

  # Mounted over folders that every Debian has empty, so that no mount point is left in the image.
  volumes       = { (var.context) = "/mnt:ro" }
  container_dir = "/media"
  run_command   = ["--detach", "--network=none", "--", "{{ .Image }}", "sleep", "infinity"]
}

build {
  sources = ["source.docker.layer"]

  provisioner "ansible" {
    command                 = var.ansible_playbook
    playbook_file           = "${path.root}/${var.layer}.yml"
    ansible_env_vars        = ["ANSIBLE_STDOUT_CALLBACK=default"]
    inventory_file_template = "default ansible_host=${build.ID} ansible_connection=community.docker.docker ansible_python_interpreter=python3 ansible_remote_tmp=/dev/shm\n"
  }

  post-processor "docker-tag" {
    repository = var.repository
    tags       = [var.tag]
  }
}
