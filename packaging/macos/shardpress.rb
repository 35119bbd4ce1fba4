cask "shardpress" do
  version "@VERSION@"
  sha256 "@SHA256@"

  url "https://github.com/shardpress/shardpress/releases/download/v#{version}/Shardpress-#{version}-macos-universal.dmg"
  name "Shardpress"
  desc "Shrinks whole folders of images in place, without losing one of them"
  homepage "https://github.com/shardpress/shardpress"

  livecheck do
    url :url
    strategy :github_latest
  end

  depends_on macos: ">= :big_sur"

  app "Shardpress.app"
  binary "#{appdir}/Shardpress.app/Contents/MacOS/shardpress"
  bash_completion "#{appdir}/Shardpress.app/Contents/Resources/completions/shardpress.bash"
  fish_completion "#{appdir}/Shardpress.app/Contents/Resources/completions/shardpress.fish"
  zsh_completion "#{appdir}/Shardpress.app/Contents/Resources/completions/_shardpress"
@MANPAGES@

  # Settings, history and the window's place. What a run keeps lies in the folders it worked on and is not touched.
  zap trash: "~/Library/Application Support/shardpress"
end
