using Channels.Tests.EndToEnd;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter.Client;

/// <summary>The TypeScript client in a browser.</summary>
public sealed class ClientBrowserTests
{
    [SetUp]
    public Task BuildAsync() => ClientPackage.BuildAsync();

    [Test]
    public async Task Hooks_bear_strict_mode_share_topics_and_leave_nothing_behind()
    {
        ExternalTools.Require("npm:playwright-core");
        using var folder = new TestFolder();
        var bundle = folder.PathOf("app.js");
        ExternalTools.Require("client:react-dom");
        await ClientPackage.NodeAsync("test/react/bundle.js", bundle);

        await NodeScript.RunAsync("react.js", ExternalTools.Require("chromium"), bundle);
    }
}
