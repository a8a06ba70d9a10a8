using System.Globalization;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

public sealed class ChatBrowserTests
{
    [Test]
    [Proves("E-101")]
    [Proves("FN-15")]
    public Task Two_people_talk_reload_and_survive_a_restart_of_the_server() => TalkAsync("Chat");

    /// <summary>The whole visit to a chat.</summary>
    /// <param name="program">The sample, or the path of a program that was made of it.</param>
    internal static async Task TalkAsync(string program)
    {
        ExternalTools.Require("npm:playwright-core");
        var chromium = ExternalTools.Require("chromium");
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"); // nobody may have it while the server is away
        var chat = await SampleProcess.StartAsync(program, "--urls", address);
        try
        {
            await using var browser = new NodeScript("chat.js", chromium, $"{chat.Url}");
            await browser.ExpectLineAsync("stop the server");
            Assert.That(await chat.TerminateAsync(), Is.Zero, chat.Output);
            await browser.SendLineAsync("stopped");

            await browser.ExpectLineAsync("start the server");
            await chat.DisposeAsync();
            chat = await SampleProcess.StartAsync(program, "--urls", address);
            await browser.SendLineAsync("started");
            await browser.ExpectEndAsync();
        }
        finally
        {
            await chat.DisposeAsync();
        }
    }
}
