using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

public sealed class WorkerOptionsTests
{
    [TestCase("Concurrency", "0")]
    [TestCase("Concurrency", "5000")]
    [TestCase("MaxAttempts", "0")]
    [TestCase("StopTimeout", "-00:00:01")]
    [TestCase("Layer", "")]
    public void A_wrong_setting_stops_the_start_and_names_its_key(string option, string value)
    {
        using var host = Build("jobs", new JobConsumer.Book().Application, settings: new Dictionary<string, string?> { [$"Channels:Workers:jobs:{option}"] = value });
        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains($"Channels:Workers:jobs:{option}"));
    }

    [Test]
    public async Task Settings_come_from_the_channels_section()
    {
        var book = new JobConsumer.Book { Handle = (_, _) => throw new InvalidOperationException("bad") };
        using var host = await StartAsync("jobs", book.Application, settings: new Dictionary<string, string?> { ["Channels:Workers:jobs:MaxAttempts"] = "2" });
        await host.Layer().SendAsync("jobs", Job(1));
        book.NextStarted();
        book.NextStarted();
        await host.StopAsync();
    }

    [Test]
    public void A_worker_without_any_application_is_refused()
    {
        using var host = Build("jobs", null);
        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains("no application"));
    }
}
