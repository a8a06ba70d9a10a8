using Channels.Kestrel;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>Where <c>appsettings.json</c> is looked for (E-28).</summary>
public sealed class ContentRootTests
{
    [Test]
    [Proves("E-28")]
    public void Beside_the_program_when_the_current_folder_has_none()
    {
        using var beside = new TestFolder();
        File.WriteAllText(Path.Combine(beside.Path, "appsettings.json"), "{}");
        using var empty = new TestFolder();

        Assert.That(ContentRoot.Choose([], current: empty.Path, program: beside.Path), Is.EqualTo(beside.Path));
        Assert.That(ContentRoot.Choose([], current: beside.Path, program: beside.Path), Is.Null);
        Assert.That(ContentRoot.Choose([], current: empty.Path, program: empty.Path), Is.Null);
    }

    [Test]
    [Proves("E-28")]
    public async Task A_configured_folder_wins()
    {
        using var folder = new TestFolder();
        File.WriteAllText(Path.Combine(folder.Path, "appsettings.json"), """{ "Channels": { "Server": { "ServerHeader": "from-file" } } }""");
        var builder = ChannelsHost.CreateBuilder(["--contentRoot", folder.Path]);
        builder.Root = (_, _, _) => Task.CompletedTask;
        await using var host = builder.Build();

        Assert.That(host.Services.GetRequiredService<IHostEnvironment>().ContentRootPath, Does.StartWith(folder.Path));
        Assert.That(host.Services.GetRequiredService<IConfiguration>()["Channels:Server:ServerHeader"], Is.EqualTo("from-file"));
    }
}
