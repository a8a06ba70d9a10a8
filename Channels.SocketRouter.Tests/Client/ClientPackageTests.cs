using System.IO.Compression;
using System.Text.RegularExpressions;

namespace Channels.Tests.SocketRouter.Client;

/// <summary>The TypeScript client as a package: its own tests, its size, its types, and what publishing tools say about it.</summary>
public sealed partial class ClientPackageTests
{
    private const int MostBytes = 6 * 1024;

    [SetUp]
    public Task BuildAsync() => ClientPackage.BuildAsync();

    [Test]
    public async Task Its_own_tests_pass()
    {
        var tests = Directory.GetFiles(ClientPackage.PathOf("test"), "*.test.js");

        var output = await ClientPackage.NodeAsync(["--test", .. tests]);

        Assert.That(Passed().Match(output).Groups[1].Value, Has.Length.GreaterThan(1), "tens of tests");
    }

    [Test]
    public void The_file_for_browsers_has_at_most_6_KiB_compressed()
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(File.ReadAllBytes(ClientPackage.PathOf("dist", "browser.js")));
        }

        Assert.That(compressed.Length, Is.LessThanOrEqualTo(MostBytes));
    }

    [Test]
    public async Task Types_of_a_contract_refuse_what_the_server_does_not_serve() =>
        await ClientPackage.RunAsync("typescript", "bin/tsc", "--project", "test/types");

    [Test]
    public async Task Publishing_tools_find_nothing_wrong()
    {
        await ClientPackage.RunAsync("publint", "src/cli.js", "--strict");
        await ClientPackage.RunAsync("@arethetypeswrong/cli", "dist/index.js", "--pack", ".");
    }

    [Test]
    public void It_needs_nothing_at_run_time() =>
        Assert.That(File.ReadAllText(ClientPackage.PathOf("package.json")), Does.Not.Contain("\"dependencies\""));

    [GeneratedRegex("^# pass ([0-9]+)$", RegexOptions.Multiline)]
    private static partial Regex Passed();
}
