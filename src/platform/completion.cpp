// SPDX-License-Identifier: MIT OR Apache-2.0
// Shell completion, generated from the tree of commands.
#include "platform/cli_impl.hpp"

namespace venus::platform {
namespace {

struct Word {
  std::string text;
  std::string doc;
  bool option = false;
};

struct Node {
  std::string path;  // " chain head", "" for the root
  std::vector<Word> words;
};

// The first line of a doc, without characters that end a quoted word in some shell.
std::string plain(std::string_view doc) {
  std::string out;
  for (const char c : doc.substr(0, doc.find('\n'))) {
    if (c == '\'' || c == '"' || c == '`' || c == '$' || c == '\\' || c == '[' || c == ']')
      continue;
    out += c == ':' ? ' ' : c;
  }
  return out;
}

void collect(const CLI::App& app, const std::string& path, const std::vector<Word>& globals,
             std::vector<Node>& out) {
  Node node{path, {}};
  const auto subs = app.get_subcommands([](const CLI::App*) { return true; });
  for (const auto* sub : subs)
    node.words.push_back({sub->get_name(), plain(sub->get_description()), false});
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames())
      node.words.push_back({"--" + name, plain(option->get_description()), true});
  }
  if (!path.empty()) node.words.insert(node.words.end(), globals.begin(), globals.end());
  out.push_back(std::move(node));
  for (const auto* sub : subs)
    collect(*sub, path + " " + sub->get_name(), globals, out);
}

std::string identifier(std::string_view program) {
  std::string out;
  for (const char c : program)
    out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
  return out;
}

std::string known_paths(const std::vector<Node>& nodes, std::string_view separator) {
  std::string out;
  for (const auto& node : nodes) {
    if (!node.path.empty()) out += fmt::format("{}'{}'", out.empty() ? "" : separator, node.path);
  }
  return out;
}

std::string bash(const std::vector<Node>& nodes, const std::string& program) {
  const auto id = identifier(program);
  std::string out = fmt::format(
      "# bash completion of {0}: source it, or put it into /etc/bash_completion.d\n"
      "_{1}_complete() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" path=\"\" words=\"\" i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"$path ${{COMP_WORDS[i]}}\" in\n"
      "      {2}) path=\"$path ${{COMP_WORDS[i]}}\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$path\" in\n",
      program, id, known_paths(nodes, "|"));
  for (const auto& node : nodes) {
    std::string words;
    for (const auto& word : node.words)
      words += (words.empty() ? "" : " ") + word.text;
    out += fmt::format("    '{}') words='{}' ;;\n", node.path, words);
  }
  out += fmt::format(
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}}\n"
      "complete -o default -F _{0}_complete {1}\n",
      id, program);
  return out;
}

std::string zsh(const std::vector<Node>& nodes, const std::string& program) {
  const auto id = identifier(program);
  std::string out = fmt::format(
      "#compdef {0}\n"
      "_{1}_complete() {{\n"
      "  local at=\"\" word\n"
      "  local -a items\n"
      "  for word in ${{words[2,CURRENT-1]}}; do\n"
      "    case \"$at $word\" in\n"
      "      {2}) at=\"$at $word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$at\" in\n",
      program, id, known_paths(nodes, "|"));
  for (const auto& node : nodes) {
    out += fmt::format("    '{}') items=(", node.path);
    for (const auto& word : node.words)
      out += fmt::format("'{}:{}' ", word.text, word.doc);
    out += ") ;;\n";
  }
  out += fmt::format(
      "  esac\n"
      "  _describe '{0}' items || _files\n"
      "}}\n"
      "compdef _{1}_complete {0}\n",
      program, id);
  return out;
}

std::string fish(const std::vector<Node>& nodes, const std::string& program) {
  const auto id = identifier(program);
  std::string out = fmt::format(
      "# fish completion of {0}: put it into ~/.config/fish/completions\n"
      "function __{1}_at\n"
      "  set -l at ''\n"
      "  set -l known {2}\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    if contains -- \"$at $word\" $known\n"
      "      set at \"$at $word\"\n"
      "    end\n"
      "  end\n"
      "  test \"$at\" = \"$argv[1]\"\n"
      "end\n",
      program, id, known_paths(nodes, " "));
  for (const auto& node : nodes) {
    for (const auto& word : node.words) {
      out +=
          fmt::format("complete -c {} -n \"__{}_at '{}'\" {} -d '{}'\n", program, id, node.path,
                      word.option ? "-l " + word.text.substr(2) : "-f -a " + word.text, word.doc);
    }
  }
  return out;
}

}  // namespace

Result<std::string> completion_script(const CLI::App& root, const std::string& program,
                                      std::string_view shell) {
  std::vector<Word> globals;
  for (const auto* option : root.get_options()) {
    for (const auto& name : option->get_lnames()) {
      if (name != "help" && name != "version")
        globals.push_back({"--" + name, plain(option->get_description()), true});
    }
  }
  std::vector<Node> nodes;
  collect(root, "", globals, nodes);
  if (shell == "bash") return bash(nodes, program);
  if (shell == "zsh") return zsh(nodes, program);
  if (shell == "fish") return fish(nodes, program);
  return fail(ErrorCode::InvalidArgument, "no completion for '{}': use bash, zsh or fish", shell);
}

}  // namespace venus::platform
