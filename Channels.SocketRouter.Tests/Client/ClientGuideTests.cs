using System.Text.RegularExpressions;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter.Client;

/// <summary>The code in the reference of the client compiles in strict mode against what is published.</summary>
public sealed partial class ClientGuideTests
{
    private const string Settings = """
        {
          "compilerOptions": {
            "target": "es2022", "module": "nodenext", "lib": ["es2022", "dom"], "jsx": "react-jsx", "types": [], "strict": true, "noEmit": true
          }
        }
        """;

    [Test]
    public async Task Code_of_the_guide_compiles()
    {
        await ClientPackage.BuildAsync();
        var folder = Directory.CreateDirectory(ClientPackage.PathOf("dist", "guide")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "tsconfig.json"), Settings);
        var blocks = Blocks().Matches(await File.ReadAllTextAsync(Repository.PathOf("docs", "guides", "socket-router-client.md")));
        foreach (var (block, number) in blocks.Select((block, number) => (block, number)))
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"block{number}.{block.Groups["language"].Value}"), block.Groups["code"].Value);
        }

        Assert.That(blocks, Has.Count.GreaterThan(5));
        await ClientPackage.RunAsync("typescript", "bin/tsc", "--project", folder);
    }

    [GeneratedRegex("^```(?<language>tsx?)\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
