using Channels.Layers.Redis;
using Microsoft.Extensions.DependencyInjection;
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
        await book.NextStartedAsync();
        await book.NextStartedAsync();
        await host.StopAsync();
    }

    [Test]
    public void A_worker_without_any_application_is_refused()
    {
        using var host = Build("jobs", null);
        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains("no application"));
    }

    [Test]
    public void A_layer_that_hands_every_message_to_every_worker_is_refused_at_start()
    {
        using var host = Build("jobs", new JobConsumer.Book().Application, services: services =>
            services.AddChannels().AddRedisPubSubLayer("events", options => options.Hosts.Add("127.0.0.1:1")), configure: options => options.Layer = "events");
        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains("'events' hands every message to every reader"));
    }

    [Test]
    public void Acknowledged_needs_a_job_queue()
    {
        using var host = Build("jobs", new JobConsumer.Book().Application, options => options.Acknowledged = true);
        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains("Channels:Workers:jobs:Acknowledged needs a job queue"));
    }

    [Test]
    public void Attempts_default_to_one_and_to_five_for_acknowledged_jobs()
    {
        Assert.That(new ChannelWorkerOptions().MaxAttempts, Is.EqualTo(1));
        Assert.That(new ChannelWorkerOptions { Acknowledged = true }.MaxAttempts, Is.EqualTo(5));
        Assert.That(new ChannelWorkerOptions { Acknowledged = true, MaxAttempts = 2 }.MaxAttempts, Is.EqualTo(2));
    }

    [TestCase("Channels:Jobs:Capacity", "0")]
    [TestCase("Channels:Jobs:VisibilityTime", "00:00:00.5")]
    [TestCase("Channels:DeadLetters:Capacity", "0")]
    public void Wrong_settings_of_queues_and_letters_stop_the_start(string key, string value)
    {
        using var host = Build("jobs", new JobConsumer.Book().Application, services: services => services.AddChannels().AddInMemoryJobs(), settings: new Dictionary<string, string?> { [key] = value });
        Assert.That(async () => await host.StartAsync(), Throws.TypeOf<Microsoft.Extensions.Options.OptionsValidationException>().With.Message.Contains(key));
    }

    [Test]
    public void A_redis_queue_without_a_redis_layer_says_so()
    {
        using var host = Build("jobs", new JobConsumer.Book().Application, options => options.Acknowledged = true, services => services.AddChannels().AddRedisJobs());
        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains("needs a Redis layer"));
    }
}
