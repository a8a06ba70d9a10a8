using Channels.Tests.Support;

namespace Channels.Tests.Proxies;

/// <summary>Configuration and commands as a guide shows them: fenced blocks by what stands behind the fence.</summary>
internal static class GuideBlock
{
    private const string Fence = "```";

    /// <summary>The text of the first block of a guide that begins with <c>```mark</c> and holds a text.</summary>
    public static string Of(string guide, string mark, string holding = "")
    {
        var lines = File.ReadAllLines(Repository.PathOf("docs", "guides", guide));
        for (var first = 0; first < lines.Length; first++)
        {
            if (lines[first] == Fence + mark)
            {
                var last = Array.IndexOf(lines, Fence, first + 1);
                var text = string.Join('\n', lines[(first + 1)..last]) + "\n";
                if (text.Contains(holding, StringComparison.Ordinal))
                {
                    return text;
                }
            }
        }

        throw new AssertionException($"{guide} has no block {mark} with '{holding}'");
    }

    /// <summary>Puts a machine's own address or path in place of the guide's, which must be there.</summary>
    public static string With(this string block, string shown, string own)
    {
        Assert.That(block, Does.Contain(shown));
        return block.Replace(shown, own, StringComparison.Ordinal);
    }
}
