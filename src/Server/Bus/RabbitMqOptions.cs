using System.ComponentModel.DataAnnotations;

namespace InterCluster.Server.Bus;

/// <summary>The broker (<c>InterCluster:Bus:RabbitMq</c>).</summary>
internal sealed class RabbitMqOptions
{
    public const string Section = "InterCluster:Bus:RabbitMq";

    /// <summary>
    /// <c>amqp://USER:PASSWORD@HOST:PORT/VHOST</c>, or <c>amqps://</c> with TLS. Empty: the bus is inside the process, and all roles must be in it.
    /// </summary>
    public string? Uri { get; set; }

    /// <summary>How often a message that its consumer cannot deal with is delivered again before it goes to the queue <c>dead-letters</c>. Default 3.</summary>
    [Range(1, 100, ErrorMessage = Section + ":DeliveryLimit must be from {1} to {2}.")]
    public int DeliveryLimit { get; set; } = 3;

    /// <summary>Messages that a queue holds at most. Default 10 000. One more is refused; its runs are found by the sweep.</summary>
    [Range(100, 10_000_000, ErrorMessage = Section + ":MaxQueueLength must be from {1} to {2}.")]
    public int MaxQueueLength { get; set; } = 10_000;

    /// <summary>How long a function's queue stays when no worker is connected to it any more. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00", ErrorMessage = Section + ":QueueExpiry must be from {1} to {2}.")]
    public TimeSpan QueueExpiry { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Dead letters that are kept at most; the oldest go first. Default 10 000.</summary>
    [Range(1, 10_000_000, ErrorMessage = Section + ":MaxDeadLetters must be from {1} to {2}.")]
    public int MaxDeadLetters { get; set; } = 10_000;

    /// <summary>How long a dead letter is kept. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00", ErrorMessage = Section + ":DeadLetterRetention must be from {1} to {2}.")]
    public TimeSpan DeadLetterRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How often the dead letters are counted. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ErrorMessage = Section + ":CheckEvery must be from {1} to {2}.")]
    public TimeSpan CheckEvery { get; set; } = TimeSpan.FromSeconds(15);
}
